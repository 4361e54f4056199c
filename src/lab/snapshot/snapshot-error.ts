/** What is wrong with a file that should be a snapshot. */
import { VmexitError } from '../../errors.js';

export type SnapshotErrorCode =
  /** The file begins with something else. */
  | 'NOT_A_SNAPSHOT'
  /** It is a snapshot, where a recording is wanted. */
  | 'NOT_A_RECORDING'
  /** A later vmexit wrote it, in a format that this one does not know. */
  | 'SNAPSHOT_VERSION'
  /** It ends too early. */
  | 'SNAPSHOT_TRUNCATED'
  /** Bytes have changed, or what they say cannot be. */
  | 'SNAPSHOT_DAMAGED';

export class SnapshotError extends VmexitError {
  constructor(
    readonly code: SnapshotErrorCode,
    message: string,
  ) {
    super(message);
  }
}
