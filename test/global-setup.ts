/** Before any test: a current core beside the module that loads it. An optimised build is used if it is current. */
import { buildCore } from '../scripts/build-core.mjs';
import { copyAssets } from '../scripts/copy-assets.mjs';

export default function setup(): void {
  buildCore('any');
  copyAssets('src');
}
