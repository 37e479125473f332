// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transcendental functions on vectors.

#ifndef ECBSR_VMATH_H
#define ECBSR_VMATH_H

#include "vec.h"

// e^x for x ≤ 0; below -87 it is e^-87, which no sum here can tell from 0.
// x = k·ln 2 + r with |r| ≤ ½ ln 2; the polynomial is e^r's Taylor series to
// r^7 (remainder below 6e-9), ln 2 in two parts so that k·ln 2 is exact.
ALWAYS_INLINE vfloat
vexp (vfloat x)
{
  const float round = 0x1.8p23f;

  x = vmax (x, vsplat (-87.0f));
  vfloat shifted = x * 0x1.715476p0f + round;
  vfloat k = shifted - round;
  vfloat r = (x - k * 0x1.62e4p-1f) - k * 0x1.7f7d1cp-20f;
  vfloat p = r * (1 / 5040.0f) + 1 / 720.0f;

  p = p * r + 1 / 120.0f;
  p = p * r + 1 / 24.0f;
  p = p * r + 1 / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  // The low bits of `shifted` are k; add them to the exponent.
  return (vfloat) ((vint) p + (((vint) shifted) << 23));
}

// e^-2|v| never overflows.
ALWAYS_INLINE vfloat
vtanh (vfloat v)
{
  const vint sign = (vint) vsplat (-0.0f);
  vfloat magnitude = (vfloat) ((vint) v & ~sign);
  vfloat e = vexp (magnitude * -2.0f);
  vfloat t = (1.0f - e) / (1.0f + e);

  return (vfloat) ((vint) t | ((vint) v & sign));
}

// ln (1 + e^v) = max (v, 0) + ln (1 + t), t = e^-|v|, and
// ln (1 + t) = 2 artanh z, z = t/(2 + t) ≤ 1/3: the series' remainder after
// z^15 is below 6e-10 of it.
ALWAYS_INLINE vfloat
vsoftplus (vfloat v)
{
  const vint sign = (vint) vsplat (-0.0f);
  vfloat t = vexp ((vfloat) ((vint) v | sign));
  vfloat z = t / (2.0f + t);
  vfloat q = z * z;
  vfloat p = q * (1 / 15.0f) + 1 / 13.0f;

  p = p * q + 1 / 11.0f;
  p = p * q + 1 / 9.0f;
  p = p * q + 1 / 7.0f;
  p = p * q + 1 / 5.0f;
  p = p * q + 1 / 3.0f;
  p = p * q + 1.0f;
  return vmax (v, vsplat (0)) + 2.0f * z * p;
}

#endif
