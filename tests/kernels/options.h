// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef OPTIONS_H
#define OPTIONS_H

#include "support.h"

typedef struct
{
  int64_t seed;
  const char *function; // patterns of names, with commas; NULL: all
  const char *levels; // those that the CPU must have, and no others; NULL: any
  bool quick, bench, json;
} Options;

// Ends the program where they are wrong, or ask for help.
Options options_parse (int argc, char **argv);

#endif
