/** The machine that every peer is. */

/** Room for the image, its tables and 4 MiB of data. */
export const MEMORY_MEGABYTES = 32;
export const MEMORY_BYTES = MEMORY_MEGABYTES << 20;
