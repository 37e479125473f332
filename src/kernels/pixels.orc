# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Per-pixel work. Contracts: kernels.h. ORC's convfl truncates, so stores add
# their half in the bias; what is below 0 then truncates to 0 or saturates.

.function ecbsr_orc_load_u8
.dest 4 d float
.source 1 s uint8_t
.floatparam 4 scale
.floatparam 4 bias
.temp 2 w
.temp 4 l
convubw w, s
convuwl l, w
convlf l, l
mulf l, l, scale
addf d, l, bias

.function ecbsr_orc_load_u8_pair_first
.dest 4 d float
.source 2 s uint8_t
.floatparam 4 scale
.floatparam 4 bias
.temp 1 b
.temp 2 w
.temp 4 l
select0wb b, s
convubw w, b
convuwl l, w
convlf l, l
mulf l, l, scale
addf d, l, bias

.function ecbsr_orc_load_u8_pair_second
.dest 4 d float
.source 2 s uint8_t
.floatparam 4 scale
.floatparam 4 bias
.temp 1 b
.temp 2 w
.temp 4 l
select1wb b, s
convubw w, b
convuwl l, w
convlf l, l
mulf l, l, scale
addf d, l, bias

.function ecbsr_orc_load_u8_quad
.dest 4 d float
.source 4 s uint8_t
.param 4 shift
.floatparam 4 scale
.floatparam 4 bias
.temp 4 l
shrul l, s, shift
andl l, l, 255
convlf l, l
mulf l, l, scale
addf d, l, bias

.function ecbsr_orc_store_u8
.dest 1 d uint8_t
.source 4 s float
.floatparam 4 scale
.floatparam 4 bias
.temp 4 l
.temp 2 w
mulf l, s, scale
addf l, l, bias
convfl l, l
convssslw w, l
convsuswb d, w

.function ecbsr_orc_affine
.dest 4 d float
.source 4 s float
.floatparam 4 scale
.floatparam 4 bias
.temp 4 l
mulf l, s, scale
addf d, l, bias

.function ecbsr_orc_merge2
.dest 2 d uint8_t
.source 1 a uint8_t
.source 1 b uint8_t
mergebw d, a, b

.function ecbsr_orc_merge4
.dest 4 d uint8_t
.source 1 a uint8_t
.source 1 b uint8_t
.source 1 c uint8_t
.source 1 e uint8_t
.temp 2 ab
.temp 2 ce
mergebw ab, a, b
mergebw ce, c, e
mergewl d, ab, ce

.function ecbsr_orc_mix
.dest 4 d float
.source 4 b float
.floatparam 4 strength
.temp 4 l
subf l, d, b
mulf l, l, strength
addf d, b, l

.function ecbsr_orc_luma
.dest 4 d float
.source 4 r float
.source 4 g float
.source 4 b float
.floatparam 4 kr
.floatparam 4 kg
.floatparam 4 kb
.floatparam 4 bias
.temp 4 l
.temp 4 m
mulf l, r, kr
mulf m, g, kg
addf l, l, m
mulf m, b, kb
addf l, l, m
addf d, l, bias

.function ecbsr_orc_correct
.dest 4 d float
.source 4 y float
.source 4 b float
.floatparam 4 strength
.temp 4 l
subf l, y, b
mulf l, l, strength
addf d, d, l
