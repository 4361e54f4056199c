/** Exception vectors (APM vol 2 §8.1). */
export enum Vector {
  De = 0,
  Db = 1,
  Nmi = 2,
  Bp = 3,
  Of = 4,
  Br = 5,
  Ud = 6,
  Nm = 7,
  Df = 8,
  Ts = 10,
  Np = 11,
  Ss = 12,
  Gp = 13,
  Pf = 14,
  Mf = 16,
  Ac = 17,
  Mc = 18,
  Xf = 19,
  /** Control protection, which this processor never raises itself; a hypervisor may inject it, as #SX. */
  Cp = 21,
  /** Security exception. */
  Sx = 30,
}

/** Event types of EVENTINJ and EXITINTINFO (APM vol 2 §15.20). */
export enum EventType {
  Interrupt = 0,
  Nmi = 2,
  Exception = 3,
  SoftwareInterrupt = 4,
}
