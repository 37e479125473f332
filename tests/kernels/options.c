// SPDX-License-Identifier: LGPL-2.1-or-later

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>

static const char usage[]
    = "Usage: checkkernels [OPTION…]\n"
      "Checks every kernel of every ISA level that this CPU has.\n"
      "\n"
      "  --seed=N           repeat the run that printed this seed\n"
      "  --function=NAME,…  only kernels of these names; * and ? match any\n"
      "  --levels=NAME,…    fail unless these are all the levels above ref "
      "that\n"
      "                     the CPU has\n"
      "  --quick            no layers of more than 32 channels, for emulators\n"
      "  --bench            measure time per pixel too\n"
      "  --json             print JSON\n";

static int64_t
parse_seed (const char *text)
{
  char *end;
  long long seed;

  errno = 0;
  seed = strtoll (text, &end, 10);
  if (errno || end == text || *end || seed < 0)
    support_die ("--seed=%s is not a number from 0 on", text);
  return seed;
}

static int64_t
new_seed (void)
{
  struct timespec t;

  clock_gettime (CLOCK_REALTIME, &t);
  return t.tv_sec % 100000 * 10000 + t.tv_nsec % 10000;
}

Options
options_parse (int argc, char **argv)
{
  static const struct option names[] = {
    { "seed", required_argument, NULL, 's' },
    { "function", required_argument, NULL, 'f' },
    { "levels", required_argument, NULL, 'l' },
    { "quick", no_argument, NULL, 'q' },
    { "bench", no_argument, NULL, 'b' },
    { "json", no_argument, NULL, 'j' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
  };
  Options options = { .seed = new_seed () };
  int option;

  while ((option = getopt_long (argc, argv, "", names, NULL)) >= 0)
    switch (option)
      {
      case 's':
        options.seed = parse_seed (optarg);
        break;
      case 'f':
        options.function = optarg;
        break;
      case 'l':
        options.levels = optarg;
        break;
      case 'q':
        options.quick = true;
        break;
      case 'b':
        options.bench = true;
        break;
      case 'j':
        options.json = true;
        break;
      case 'h':
        fputs (usage, stdout);
        exit (0);
      default:
        exit (2);
      }
  if (optind < argc)
    support_die ("%s is not an option; --help lists them", argv[optind]);
  return options;
}
