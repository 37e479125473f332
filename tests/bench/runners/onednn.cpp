// SPDX-License-Identifier: LGPL-2.1-or-later
//
// oneDNN as one of the runners of tests/bench/compare: an ECBSR network by hand
// from its primitives.
//
//   onednn NETWORK INPUT WIDTH HEIGHT THREADS PRECISION
//
// NETWORK is written by ../comparison/network.py, INPUT is planes of float32,
// of luma or of R, G and B. What it reads and answers: ../comparison/runner.py.
//
// Activations are leaky ReLUs (int8: ReLUs), because oneDNN fuses these into a
// convolution. Weights are put into the layout that a primitive prefers once.
// Between layers the data lies in one layout; which one is found by trying them
// at the start, and reference code is never taken. The residual and the pixel
// shuffle are one loop of our own, as no primitive does both. int8 takes the
// input as bytes in the first of four channels, because oneDNN has no fast int8
// convolution of one channel.

#include "onednn-layers.h"

#include <dnnl.hpp>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

constexpr int SUBPIXELS = 4;

using dnnl::memory;
using tag = memory::format_tag;
using type = memory::data_type;

struct Options
{
  std::string network, input;
  int width, height;
  type inner; // what inner layers compute in
};

// How data lies after the first layer, and after the others.
struct Layout
{
  tag first, inner;
};

class Network
{
public:
  Network (const std::vector<Layer> &layers, const Options &options,
           Layout layout)
      : width (options.width), height (options.height),
        n_colors (count_colors (layers)), inner (options.inner), layout (layout)
  {
    memory::desc planes ({ 1, n_colors, height, width }, type::f32, tag::nchw);
    input = memory (planes, engine);
    output.resize (SUBPIXELS * static_cast<size_t> (n_colors) * width * height);
    memory data
        = inner == type::u8 ? make_bytes () : convert (input, inner, tag::nchw);
    data = add_layer (layers[0], data, layout.first, inner);
    data = convert (data, inner, layout.inner);
    for (size_t i = 1; i + 1 < layers.size (); i++)
      data = add_layer (layers[i], data, layout.inner, inner);
    last = add_layer (layers.back (), data, layout.inner, type::f32);
  }

  void
  run ()
  {
    if (inner == type::u8)
      fill_bytes ();
    for (size_t i = 0; i < primitives.size (); i++)
      primitives[i].execute (stream, arguments[i]);
    stream.wait ();
    finish ();
  }

  memory input;
  std::vector<float> output;

private:
  using Convolution = dnnl::convolution_forward;
  using Arguments = std::unordered_map<int, memory>;

  void
  add (const dnnl::primitive &primitive, const Arguments &args)
  {
    primitives.push_back (primitive);
    arguments.push_back (args);
  }

  // The same data in another type or layout, converted in every frame. The
  // input's luma are whole numbers, which bfloat16 and bytes hold exactly.
  memory
  convert (const memory &from, type to_type, tag order)
  {
    const memory::desc to (from.get_desc ().dims (), to_type, order);
    if (from.get_desc () == to)
      return from;
    memory data (to, engine);
    add (dnnl::reorder (from, data),
         { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, data } });
    return data;
  }

  memory
  make_bytes ()
  {
    bytes = memory ({ { 1, 4, height, width }, type::u8, tag::nhwc }, engine);
    return bytes;
  }

  void
  fill_bytes ()
  {
    const float *from = static_cast<const float *> (input.get_data_handle ());
    uint32_t *to = static_cast<uint32_t *> (bytes.get_data_handle ());
    const int n = height * width;
#pragma omp parallel for
    for (int i = 0; i < n; i++)
      {
        to[i] = static_cast<uint8_t> (static_cast<int> (from[i]));
        for (int c = 1; c < n_colors; c++)
          to[i] |= static_cast<uint32_t> (from[c * n + i]) << 8 * c;
      }
  }

  // Once, not in every frame.
  memory
  pack (const std::vector<float> &values, const memory::dims &dims, tag order,
        const memory::desc &to)
  {
    memory from ({ dims, type::f32, order }, engine,
                 const_cast<float *> (values.data ()));
    memory packed (to, engine);
    dnnl::reorder (from, packed).execute (stream, from, packed);
    stream.wait ();
    return packed;
  }

  dnnl::primitive_attr
  attributes (const Layer &layer)
  {
    dnnl::primitive_attr attr;
    dnnl::post_ops ops;
    if (layer.alpha != 1)
      ops.append_eltwise (1, dnnl::algorithm::eltwise_relu, layer.alpha, 0);
    if (!layer.scale.empty ())
      attr.set_output_scales (2, layer.scale);
    attr.set_post_ops (ops);
    return attr;
  }

  memory
  add_layer (const Layer &layer, const memory &from, tag order, type to_type)
  {
    const type weight_type = inner == type::u8 ? type::s8 : inner;
    const memory::dims weight_dims{ layer.n_out, layer.n_in, 3, 3 };
    memory::desc to ({ 1, layer.n_out, height, width }, to_type, order);
    Convolution::desc desc (
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        from.get_desc (), { weight_dims, weight_type, tag::any },
        { { layer.n_out }, type::f32, tag::x }, to, { 1, 1 }, { 1, 1 },
        { 1, 1 });
    Convolution::primitive_desc chosen (desc, attributes (layer), engine);
    if (strncmp (chosen.impl_info_str (), "ref", 3) == 0)
      throw std::domain_error ("only reference code");
    memory data (chosen.dst_desc (), engine);
    names += std::string (names.empty () ? "" : ", ") + chosen.impl_info_str ();
    add (Convolution (chosen),
         { { DNNL_ARG_SRC, from },
           { DNNL_ARG_WEIGHTS, pack (layer.weights, weight_dims, tag::oihw,
                                     chosen.weights_desc ()) },
           { DNNL_ARG_BIAS,
             pack (layer.bias, { layer.n_out }, tag::x, chosen.bias_desc ()) },
           { DNNL_ARG_DST, data } });
    return data;
  }

  // The residual and the pixel shuffle.
  void
  finish ()
  {
    const float *planes = static_cast<const float *> (input.get_data_handle ());
    const ptrdiff_t step
        = last.get_desc ().data.format_desc.blocking.strides[3];
#pragma omp parallel for
    for (ptrdiff_t y = 0; y < height; y++)
      for (ptrdiff_t c = 0; c < n_colors; c++)
        {
          const float *x = planes + (c * height + y) * width;
          float *to = output.data () + SUBPIXELS * (c * height + y) * width;
          if (step == 4)
            finish_row<4> (c, y, x, to);
          else if (step == 8)
            finish_row<8> (c, y, x, to);
          else if (step == 12)
            finish_row<12> (c, y, x, to);
          else
            finish_row<16> (c, y, x, to);
        }
  }

  // The compiler knows STEP, and makes vector code. Channels lie STEP floats a
  // pixel, further ones in a plane of their own.
  template <int STEP>
  void
  finish_row (ptrdiff_t color, ptrdiff_t y, const float *x, float *to)
  {
    for (int dy = 0; dy < 2; dy++)
      {
        const ptrdiff_t channel = SUBPIXELS * color + 2 * dy;
        const float *from = static_cast<const float *> (last.get_data_handle ())
                            + ((channel / STEP * height + y) * width) * STEP
                            + channel % STEP;
        for (int i = 0; i < width; i++)
          for (int dx = 0; dx < 2; dx++)
            to[2 * (dy * width + i) + dx] = from[i * STEP + dx] + x[i];
      }
  }

  static int
  count_colors (const std::vector<Layer> &layers)
  {
    return layers.back ().n_out / SUBPIXELS;
  }

  dnnl::engine engine{ dnnl::engine::kind::cpu, 0 };
  dnnl::stream stream{ engine };
  int width, height, n_colors;
  type inner;
  Layout layout;
  memory bytes, last;
  std::vector<dnnl::primitive> primitives;
  std::vector<Arguments> arguments;

public:
  std::string names; // of the implementations that oneDNN chose
};

static double
milliseconds ()
{
  using namespace std::chrono;
  return duration<double, std::milli> (steady_clock::now ().time_since_epoch ())
      .count ();
}

// Of all layouts once.
static const double SLOW_MS = 30000;

static double
time_of (Network &network)
{
  double best = 1e9;
  for (int i = 0; i < 3; i++)
    {
      double start = milliseconds ();
      network.run ();
      best = std::min (best, milliseconds () - start);
    }
  return best;
}

// oneDNN has no implementation for some layouts, and says so by an exception.
static std::unique_ptr<Network>
try_layout (const std::vector<Layer> &layers, const Options &options,
            Layout layout, const std::vector<float> &planes)
{
  try
    {
      auto network = std::make_unique<Network> (layers, options, layout);
      std::copy (planes.begin (), planes.end (),
                 static_cast<float *> (network->input.get_data_handle ()));
      return network;
    }
  catch (const dnnl::error &)
    {
      return nullptr;
    }
  catch (const std::domain_error &)
    {
      return nullptr;
    }
}

static std::vector<std::unique_ptr<Network> >
find_all (const std::vector<Layer> &layers, const Options &options,
          const std::vector<float> &planes)
{
  const tag tags[] = { tag::nhwc, tag::nChw16c, tag::nChw8c };
  std::vector<std::unique_ptr<Network> > networks;
  for (tag first : tags)
    for (tag inner : tags)
      if (auto network = try_layout (layers, options, { first, inner }, planes))
        networks.push_back (std::move (network));
  if (networks.empty ())
    throw std::runtime_error (
        "oneDNN has no fast convolution for this network");
  return networks;
}

// In several rounds: a neighbour on the machine must not decide. No further ones where
// frames take seconds each.
static std::unique_ptr<Network>
find_fastest (std::vector<std::unique_ptr<Network> > networks)
{
  std::vector<double> times (networks.size (), 1e9);
  const double begin = milliseconds ();
  for (int round = 0; round < 4 && milliseconds () - begin < SLOW_MS; round++)
    for (size_t i = 0; i < networks.size (); i++)
      times[i] = std::min (times[i], time_of (*networks[i]));
  return std::move (networks[std::min_element (times.begin (), times.end ())
                             - times.begin ()]);
}

static void
run_frames (Network &network, double duration)
{
  double busy = 0;
  printf ("[");
  while (busy < duration)
    {
      double start = milliseconds ();
      network.run ();
      double ms = milliseconds () - start;
      printf ("%s%.3f", busy > 0 ? "," : "", ms);
      busy += ms;
    }
  printf ("]\n");
}

static void
answer (Network &network, const std::string &line)
{
  if (line.rfind ("run ", 0) == 0)
    {
      run_frames (network, std::stod (line.substr (4)));
      return;
    }
  std::ofstream file (line.substr (6), std::ios::binary);
  file.write (reinterpret_cast<const char *> (network.output.data ()),
              network.output.size () * sizeof (float));
  printf ("[]\n");
}

static type
to_type (const std::string &precision)
{
  if (precision == "bfloat16")
    return type::bf16;
  return precision == "int8" ? type::u8 : type::f32;
}

static void
serve (char **argv)
{
  const Options options{ argv[1], argv[2], std::stoi (argv[3]),
                         std::stoi (argv[4]), to_type (argv[6]) };
  omp_set_num_threads (std::stoi (argv[5]));
  std::ifstream file (options.input, std::ios::binary);
  auto layers = read_network (options.network);
  auto planes
      = read_floats (file, static_cast<size_t> (options.width) * options.height
                               * (layers.back ().n_out / SUBPIXELS));
  auto network = find_fastest (find_all (layers, options, planes));
  const dnnl_version_t *version = dnnl_version ();
  printf ("\"oneDNN %d.%d.%d: %s\"\n", version->major, version->minor,
          version->patch, network->names.c_str ());
  fflush (stdout);
  for (std::string line; std::getline (std::cin, line);)
    {
      answer (*network, line);
      fflush (stdout);
    }
}

int
main (int argc, char **argv)
try
  {
    if (argc != 7)
      throw std::runtime_error ("NETWORK INPUT WIDTH HEIGHT THREADS PRECISION");
    serve (argv);
    return EXIT_SUCCESS;
  }
catch (const std::exception &error)
  {
    fprintf (stderr, "onednn: %s\n", error.what ());
    return EXIT_FAILURE;
  }
