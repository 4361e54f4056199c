/** What `vmexit --help` prints. It names no model and no delivery, so that it is there before the library is. */
export const OVERVIEW = `vmexit: an x86 processor with AMD-V, and hypervisors that deliver NMIs to its guests.

usage: vmexit <command> [options]

  run <guest>       run a guest; print its output and what it cost
  resume <file>     go on from a snapshot that "run --save" wrote
  record <guest>    run a guest, and write down all that it takes to do exactly that again
  replay <file>     do it again, and see whether it is the same in every bit
  gdb <guest>       let GDB debug a guest, forwards and backwards
  compare <guest>   run a guest under several ways of delivering NMIs; print a table
  sweep <guest>     request an NMI at every instruction boundary, under every delivery, and check what follows
  worker            run units of sweeps that others put into a queue (BullMQ on Redis)
  merge <files>     join the results of parts of a sweep
  scenario [name]   a bug of a real hypervisor beside its fix, at the instruction where it shows
  asm <source>      assemble a guest's source, in NASM's syntax, to a flat binary
  list              list the shipped guests, the processor models and the delivery strategies

  --help, -h        this help; "vmexit <command> --help" for that command's options
  --version         the version

A guest is a flat binary, an ELF file, a multiboot kernel, assembly source (.asm, NASM's syntax), or a shipped
guest by name.

examples:
  vmexit compare nmi-storm --nmis 1000
  vmexit run nmi-hlt --trace
  vmexit sweep nmi-iret-fault
  vmexit scenario vnmi-wrong-bit
  vmexit run boot.bin --load 0x7c00 --bits 16
  vmexit run my-guest.asm
`;
