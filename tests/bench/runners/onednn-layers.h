// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A network as ../comparison/network.py writes it for onednn.cpp: numbers, all
// of them float32.

#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Layer
{
  int n_in, n_out;
  float alpha;                // of the leaky ReLU; 1: none
  std::vector<float> weights; // [n_out][n_in][3][3], for int8: whole numbers
  std::vector<float> bias;    // as the sums are, before they are scaled
  std::vector<float> scale;   // sums to values, by output channel; empty: none
};

inline std::vector<float>
read_floats (std::istream &file, size_t n)
{
  std::vector<float> values (n);
  file.read (reinterpret_cast<char *> (values.data ()), n * sizeof (float));
  if (!file)
    throw std::runtime_error ("a file ends too early");
  return values;
}

inline int
read_count (std::istream &file)
{
  return static_cast<int> (read_floats (file, 1)[0]);
}

inline Layer
read_layer (std::istream &file)
{
  Layer layer;
  layer.n_in = read_count (file);
  layer.n_out = read_count (file);
  layer.alpha = read_floats (file, 1)[0];
  layer.weights = read_floats (file, 9 * layer.n_in * layer.n_out);
  layer.bias = read_floats (file, layer.n_out);
  if (read_count (file))
    layer.scale = read_floats (file, layer.n_out);
  return layer;
}

inline std::vector<Layer>
read_network (const std::string &path)
{
  std::ifstream file (path, std::ios::binary);
  std::vector<Layer> layers (read_count (file));
  for (Layer &layer : layers)
    layer = read_layer (file);
  return layers;
}
