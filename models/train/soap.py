# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adam in the eigenvectors of the gradients' second moments.

After Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", 2024:
of a large layer the moments along rows and columns of its weights; where there
are few parameters, the full matrix. eSR-CNN ×2 is better after 3,000 iterations
than after 16,000 with Adam.
"""

import torch

BETA_1, BETA_2 = 0.9, 0.99
EPSILON = 1e-9
EVERY = 100  # iterations between eigenvalue problems
FIRST = (5, 10, 20, 50)  # additional ones
WARM_UP = FIRST[0]  # iterations that only gather moments


class Moments:
    """The second moments of gradients along one dimension, and their eigenvectors."""

    def __init__(self, size):
        self.matrix, self.basis = torch.zeros(size, size), torch.eye(size)

    def add(self, gradient):
        self.matrix.addmm_(gradient, gradient.T, beta=BETA_2, alpha=1 - BETA_2)

    def turn(self):
        """Takes up the eigenvectors. Returns how much of each old one each new one is."""
        ridge = 1e-12 * self.matrix.diagonal().mean()
        basis = torch.linalg.eigh(self.matrix + ridge * torch.eye(len(self.matrix)))[1]
        share = (basis.T @ self.basis).square()
        self.basis = basis
        return share

    def tensors(self, turned):
        """What to store: only the lower triangle is ever used; of moments that have
        just been turned, the eigenvectors are found again."""
        n = len(self.matrix)
        triangle = {"triangle": self.matrix[tuple(torch.tril_indices(n, n))]}
        return triangle if turned else {**triangle, "basis": self.basis}

    def load(self, tensors):
        n = len(self.matrix)
        self.matrix[tuple(torch.tril_indices(n, n))] = tensors["triangle"]
        if "basis" in tensors:
            self.basis = tensors["basis"]
        else:
            self.turn()


def is_turned(number):
    """Whether the eigenvectors are those of the moments after step `number`."""
    return number in FIRST or number > 0 and number % EVERY == 0


class Block:
    """The state of one range of parameters.

    As a matrix of `rows` rows, it has moments along both dimensions; as one row,
    the full matrix of moments.
    """

    def __init__(self, size, rows=1):
        self.rows, columns = rows, size // rows
        self.left = Moments(rows) if rows > 1 else None
        self.right = Moments(columns)
        self.first, self.second = torch.zeros(rows, columns), torch.zeros(rows, columns)

    def direction(self, gradient, number):
        """What to step by, for a learning rate of 1. `number` counts from 1."""
        gradient = gradient.view(self.rows, -1)
        self.right.add(gradient.T)
        if self.left:
            self.left.add(gradient)
        if is_turned(number):
            self._turn()
        self.first.lerp_(gradient, 1 - BETA_1)
        turned = self._to_basis(gradient)
        self.second.mul_(BETA_2).addcmul_(turned, turned, value=1 - BETA_2)
        if number <= WARM_UP:
            return torch.zeros(gradient.numel())
        mean = self._to_basis(self.first) / (1 - BETA_1 ** number)
        size = (self.second / (1 - BETA_2 ** number)).sqrt()
        return self._from_basis(mean / (size + EPSILON)).flatten()

    def moments(self):
        return {"right": self.right, **({"left": self.left} if self.left else {})}

    def tensors(self, turned):
        found = {"first": self.first, "second": self.second}
        for side, moments in self.moments().items():
            found.update({f"{side}.{name}": tensor
                          for name, tensor in moments.tensors(turned).items()})
        return found

    def load(self, tensors):
        self.first, self.second = tensors["first"], tensors["second"]
        for side, moments in self.moments().items():
            moments.load(part_of(tensors, side))

    def _turn(self):
        self.second = self.second @ self.right.turn().T
        if self.left:
            self.second = self.left.turn() @ self.second

    def _to_basis(self, matrix):
        matrix = matrix @ self.right.basis
        return self.left.basis.T @ matrix if self.left else matrix

    def _from_basis(self, matrix):
        matrix = matrix @ self.right.basis.T
        return self.left.basis @ matrix if self.left else matrix


class Soap(torch.optim.Optimizer):
    """For one vector of parameters, in blocks of [(size, rows)]."""

    def __init__(self, vector, blocks, lr=1e-3):
        super().__init__([vector], {"lr": lr})
        self.vector, self.number = vector, 0
        self.sizes = [size for size, _ in blocks]
        self.blocks = [Block(size, rows) for size, rows in blocks]

    @torch.no_grad()
    def step(self):
        self.number += 1
        gradients = self.vector.grad.split(self.sizes)
        steps = [block.direction(gradient, self.number)
                 for block, gradient in zip(self.blocks, gradients)]
        self.vector.sub_(torch.cat(steps), alpha=self.param_groups[0]["lr"])

    def tensors(self):
        turned = is_turned(self.number)
        return {f"{i}.{name}": tensor for i, block in enumerate(self.blocks)
                for name, tensor in block.tensors(turned).items()}

    def load_tensors(self, tensors, number):
        self.number = number
        for i, block in enumerate(self.blocks):
            block.load(part_of(tensors, str(i)))


def part_of(tensors, name):
    """Those of `tensors` whose names begin with this one, without it."""
    return {key[len(name) + 1:]: tensor for key, tensor in tensors.items()
            if key.startswith(f"{name}.")}
