/** Before any test: current binaries beside the module that names them. An optimised build is used if it is current. */
import { buildCore } from '../scripts/build-core.mjs';
import { buildIced } from '../scripts/build-iced.mjs';
import { copyAssets } from '../scripts/copy-assets.mjs';

export default function setup(): void {
  buildCore('any');
  buildIced();
  copyAssets('src');
}
