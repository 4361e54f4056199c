/**
 * The mnemonics of floating-point arithmetic, by operation and format: the legacy form and the VEX form.
 *
 * They are written out, not made of strings: an enum whose members are looked up by name has to exist as an object, and
 * making that of 1,600 mnemonics took a quarter of the time to import the package.
 */
import { FloatOp, FusedOrder } from '../../../assembly/abi/float-op.js';
import { Mnemonic } from '../iced-enums.js';

/** ss: a single, sd: a double, ps and pd: a vector of them. */
export type FormatSuffix = 'ss' | 'sd' | 'ps' | 'pd';
type Forms = readonly [legacy: Mnemonic, vex: Mnemonic];
export type FloatNames = readonly [op: FloatOp, forms: Readonly<Partial<Record<FormatSuffix, Forms>>>];

// prettier-ignore
export const ARITHMETIC: readonly FloatNames[] = [
  [FloatOp.Add, {
    ss: [Mnemonic.Addss, Mnemonic.Vaddss], sd: [Mnemonic.Addsd, Mnemonic.Vaddsd],
    ps: [Mnemonic.Addps, Mnemonic.Vaddps], pd: [Mnemonic.Addpd, Mnemonic.Vaddpd],
  }],
  [FloatOp.Sub, {
    ss: [Mnemonic.Subss, Mnemonic.Vsubss], sd: [Mnemonic.Subsd, Mnemonic.Vsubsd],
    ps: [Mnemonic.Subps, Mnemonic.Vsubps], pd: [Mnemonic.Subpd, Mnemonic.Vsubpd],
  }],
  [FloatOp.Mul, {
    ss: [Mnemonic.Mulss, Mnemonic.Vmulss], sd: [Mnemonic.Mulsd, Mnemonic.Vmulsd],
    ps: [Mnemonic.Mulps, Mnemonic.Vmulps], pd: [Mnemonic.Mulpd, Mnemonic.Vmulpd],
  }],
  [FloatOp.Div, {
    ss: [Mnemonic.Divss, Mnemonic.Vdivss], sd: [Mnemonic.Divsd, Mnemonic.Vdivsd],
    ps: [Mnemonic.Divps, Mnemonic.Vdivps], pd: [Mnemonic.Divpd, Mnemonic.Vdivpd],
  }],
  [FloatOp.Sqrt, {
    ss: [Mnemonic.Sqrtss, Mnemonic.Vsqrtss], sd: [Mnemonic.Sqrtsd, Mnemonic.Vsqrtsd],
    ps: [Mnemonic.Sqrtps, Mnemonic.Vsqrtps], pd: [Mnemonic.Sqrtpd, Mnemonic.Vsqrtpd],
  }],
  [FloatOp.Min, {
    ss: [Mnemonic.Minss, Mnemonic.Vminss], sd: [Mnemonic.Minsd, Mnemonic.Vminsd],
    ps: [Mnemonic.Minps, Mnemonic.Vminps], pd: [Mnemonic.Minpd, Mnemonic.Vminpd],
  }],
  [FloatOp.Max, {
    ss: [Mnemonic.Maxss, Mnemonic.Vmaxss], sd: [Mnemonic.Maxsd, Mnemonic.Vmaxsd],
    ps: [Mnemonic.Maxps, Mnemonic.Vmaxps], pd: [Mnemonic.Maxpd, Mnemonic.Vmaxpd],
  }],
  [FloatOp.Round, {
    ss: [Mnemonic.Roundss, Mnemonic.Vroundss], sd: [Mnemonic.Roundsd, Mnemonic.Vroundsd],
    ps: [Mnemonic.Roundps, Mnemonic.Vroundps], pd: [Mnemonic.Roundpd, Mnemonic.Vroundpd],
  }],
  [FloatOp.Rcp, { ss: [Mnemonic.Rcpss, Mnemonic.Vrcpss], ps: [Mnemonic.Rcpps, Mnemonic.Vrcpps] }],
  [FloatOp.Rsqrt, { ss: [Mnemonic.Rsqrtss, Mnemonic.Vrsqrtss], ps: [Mnemonic.Rsqrtps, Mnemonic.Vrsqrtps] }],
  [FloatOp.AddSub, {
    ps: [Mnemonic.Addsubps, Mnemonic.Vaddsubps],
    pd: [Mnemonic.Addsubpd, Mnemonic.Vaddsubpd],
  }],
  [FloatOp.HorizontalAdd, {
    ps: [Mnemonic.Haddps, Mnemonic.Vhaddps],
    pd: [Mnemonic.Haddpd, Mnemonic.Vhaddpd],
  }],
  [FloatOp.HorizontalSub, {
    ps: [Mnemonic.Hsubps, Mnemonic.Vhsubps],
    pd: [Mnemonic.Hsubpd, Mnemonic.Vhsubpd],
  }],
  [FloatOp.DotProduct, { ps: [Mnemonic.Dpps, Mnemonic.Vdpps], pd: [Mnemonic.Dppd, Mnemonic.Vdppd] }],
];

/** CMPSD has the name of a string instruction. */
// prettier-ignore
export const COMPARISON: FloatNames =
  [FloatOp.Cmp, {
    ss: [Mnemonic.Cmpss, Mnemonic.Vcmpss], sd: [Mnemonic.Cmpsd, Mnemonic.Vcmpsd],
    ps: [Mnemonic.Cmpps, Mnemonic.Vcmpps], pd: [Mnemonic.Cmppd, Mnemonic.Vcmppd],
  }];

// prettier-ignore
export const FLAG_COMPARISONS: readonly FloatNames[] = [
  [FloatOp.Comi, { ss: [Mnemonic.Comiss, Mnemonic.Vcomiss], sd: [Mnemonic.Comisd, Mnemonic.Vcomisd] }],
  [FloatOp.Ucomi, { ss: [Mnemonic.Ucomiss, Mnemonic.Vucomiss], sd: [Mnemonic.Ucomisd, Mnemonic.Vucomisd] }],
];

// prettier-ignore
export const FROM_REGISTER: FloatNames = [FloatOp.CvtSi32, {
    ss: [Mnemonic.Cvtsi2ss, Mnemonic.Vcvtsi2ss],
    sd: [Mnemonic.Cvtsi2sd, Mnemonic.Vcvtsi2sd],
  }];

/** There is no legacy form of these. */
// prettier-ignore
export const FUSED: readonly (readonly [
  op: FloatOp, order: FusedOrder, forms: Readonly<Partial<Record<FormatSuffix, Mnemonic>>>,
])[] = [
  [FloatOp.Fmadd, FusedOrder.Order132, {
    ss: Mnemonic.Vfmadd132ss, sd: Mnemonic.Vfmadd132sd, ps: Mnemonic.Vfmadd132ps, pd: Mnemonic.Vfmadd132pd,
  }],
  [FloatOp.Fmadd, FusedOrder.Order213, {
    ss: Mnemonic.Vfmadd213ss, sd: Mnemonic.Vfmadd213sd, ps: Mnemonic.Vfmadd213ps, pd: Mnemonic.Vfmadd213pd,
  }],
  [FloatOp.Fmadd, FusedOrder.Order231, {
    ss: Mnemonic.Vfmadd231ss, sd: Mnemonic.Vfmadd231sd, ps: Mnemonic.Vfmadd231ps, pd: Mnemonic.Vfmadd231pd,
  }],
  [FloatOp.Fmsub, FusedOrder.Order132, {
    ss: Mnemonic.Vfmsub132ss, sd: Mnemonic.Vfmsub132sd, ps: Mnemonic.Vfmsub132ps, pd: Mnemonic.Vfmsub132pd,
  }],
  [FloatOp.Fmsub, FusedOrder.Order213, {
    ss: Mnemonic.Vfmsub213ss, sd: Mnemonic.Vfmsub213sd, ps: Mnemonic.Vfmsub213ps, pd: Mnemonic.Vfmsub213pd,
  }],
  [FloatOp.Fmsub, FusedOrder.Order231, {
    ss: Mnemonic.Vfmsub231ss, sd: Mnemonic.Vfmsub231sd, ps: Mnemonic.Vfmsub231ps, pd: Mnemonic.Vfmsub231pd,
  }],
  [FloatOp.Fnmadd, FusedOrder.Order132, {
    ss: Mnemonic.Vfnmadd132ss, sd: Mnemonic.Vfnmadd132sd, ps: Mnemonic.Vfnmadd132ps, pd: Mnemonic.Vfnmadd132pd,
  }],
  [FloatOp.Fnmadd, FusedOrder.Order213, {
    ss: Mnemonic.Vfnmadd213ss, sd: Mnemonic.Vfnmadd213sd, ps: Mnemonic.Vfnmadd213ps, pd: Mnemonic.Vfnmadd213pd,
  }],
  [FloatOp.Fnmadd, FusedOrder.Order231, {
    ss: Mnemonic.Vfnmadd231ss, sd: Mnemonic.Vfnmadd231sd, ps: Mnemonic.Vfnmadd231ps, pd: Mnemonic.Vfnmadd231pd,
  }],
  [FloatOp.Fnmsub, FusedOrder.Order132, {
    ss: Mnemonic.Vfnmsub132ss, sd: Mnemonic.Vfnmsub132sd, ps: Mnemonic.Vfnmsub132ps, pd: Mnemonic.Vfnmsub132pd,
  }],
  [FloatOp.Fnmsub, FusedOrder.Order213, {
    ss: Mnemonic.Vfnmsub213ss, sd: Mnemonic.Vfnmsub213sd, ps: Mnemonic.Vfnmsub213ps, pd: Mnemonic.Vfnmsub213pd,
  }],
  [FloatOp.Fnmsub, FusedOrder.Order231, {
    ss: Mnemonic.Vfnmsub231ss, sd: Mnemonic.Vfnmsub231sd, ps: Mnemonic.Vfnmsub231ps, pd: Mnemonic.Vfnmsub231pd,
  }],
  [FloatOp.FmaddSub, FusedOrder.Order132, { ps: Mnemonic.Vfmaddsub132ps, pd: Mnemonic.Vfmaddsub132pd }],
  [FloatOp.FmaddSub, FusedOrder.Order213, { ps: Mnemonic.Vfmaddsub213ps, pd: Mnemonic.Vfmaddsub213pd }],
  [FloatOp.FmaddSub, FusedOrder.Order231, { ps: Mnemonic.Vfmaddsub231ps, pd: Mnemonic.Vfmaddsub231pd }],
  [FloatOp.FmsubAdd, FusedOrder.Order132, { ps: Mnemonic.Vfmsubadd132ps, pd: Mnemonic.Vfmsubadd132pd }],
  [FloatOp.FmsubAdd, FusedOrder.Order213, { ps: Mnemonic.Vfmsubadd213ps, pd: Mnemonic.Vfmsubadd213pd }],
  [FloatOp.FmsubAdd, FusedOrder.Order231, { ps: Mnemonic.Vfmsubadd231ps, pd: Mnemonic.Vfmsubadd231pd }],
];
