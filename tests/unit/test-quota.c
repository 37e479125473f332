// SPDX-License-Identifier: LGPL-2.1-or-later
// ecbsr_cpu_quota() on copies of the kernel's files.

#include "cpu.h"

#include <glib/gstdio.h>

typedef struct
{
  const gchar *name, *cgroup;
  const gchar *files[4][2]; // path below the root, text
  guint want;
} Case;

static const Case cases[] = {
  { "nothing", "", { { NULL } }, G_MAXUINT },
  { "v2-none", "0::/a\n", { { "sys/fs/cgroup/a/cpu.max", "max 100000\n" } }, G_MAXUINT },
  { "v2-two", "0::/a\n", { { "sys/fs/cgroup/a/cpu.max", "200000 100000\n" } }, 2 },
  { "v2-rounds-up", "0::/a\n", { { "sys/fs/cgroup/a/cpu.max", "200001 100000\n" } }, 3 },
  { "v2-part", "0::/a\n", { { "sys/fs/cgroup/a/cpu.max", "5000 100000\n" } }, 1 },
  { "v2-above",
    "0::/a/b/c\n",
    { { "sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n" },
      { "sys/fs/cgroup/a/b/cpu.max", "800000 100000\n" },
      { "sys/fs/cgroup/a/cpu.max", "300000 100000\n" } },
    3 },
  { "v2-root-of-a-container", "0::/\n", { { "sys/fs/cgroup/cpu.max", "100000 50000\n" } }, 2 },
  { "v2-group-of-outside",
    "0::/docker/123\n",
    { { "sys/fs/cgroup/cpu.max", "400000 100000\n" } },
    4 },
  { "v1",
    "5:memory:/m\n4:cpu,cpuacct:/x\n",
    { { "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "150000\n" },
      { "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n" } },
    2 },
  { "v1-none",
    "4:cpu:/\n",
    { { "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n" },
      { "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n" } },
    G_MAXUINT },
  { "v1-other-controller",
    "4:cpuset:/\n",
    { { "sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "1\n" },
      { "sys/fs/cgroup/cpuset/cpu.cfs_period_us", "1\n" } },
    G_MAXUINT },
  { "garbage",
    "nonsense\n0::/a\n",
    { { "sys/fs/cgroup/a/cpu.max", "" }, { "sys/fs/cgroup/cpu.max", "12 0\n" } },
    G_MAXUINT },
  { "huge", "0::/\n", { { "sys/fs/cgroup/cpu.max", "9223372036854775807 1\n" } }, G_MAXINT },
};

static void
put (const gchar *root, const gchar *name, const gchar *text)
{
  g_autofree gchar *path = g_build_filename (root, name, NULL);
  g_autofree gchar *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
remove_tree (const gchar *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree gchar *inner = g_build_filename (path, name, NULL);
      remove_tree (inner);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autofree gchar *root = g_dir_make_tmp ("ecbsr-quota-XXXXXX", NULL);

  put (root, "proc/self/cgroup", c->cgroup);
  for (guint i = 0; i < G_N_ELEMENTS (c->files) && c->files[i][0]; i++)
    put (root, c->files[i][0], c->files[i][1]);
  g_assert_cmpuint (ecbsr_cpu_quota (root), ==, c->want);
  remove_tree (root);
}

static void
test_no_such_system (void)
{
  g_assert_cmpuint (ecbsr_cpu_quota ("/nonexistent"), ==, G_MAXUINT);
}

static void
test_this_system (void)
{
  g_assert_cmpuint (ecbsr_cpu_quota (""), >=, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree gchar *path = g_strconcat ("/quota/", cases[i].name, NULL);
      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/quota/no-such-system", test_no_such_system);
  g_test_add_func ("/quota/this-system", test_this_system);
  return g_test_run ();
}
