#!/usr/bin/env python3
"""torch_compiled.py NAME FILE: training steps compiled by torch.compile, for `bench --torch-compile`.

FILE holds parameters, inputs and targets of the problem NAME, one after the other, as
tests/bench/tensor_file_libtorch.h writes them; sizes are those of the *_problem.h beside it. Prints the loss of
step 20, then reads numbers of steps, one a line, and prints the microseconds that a step took.
"""
import sys
import time

import torch
from torch import nn

WARM_UP_STEPS = 20


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x, y):
        return (self.fc2(torch.relu(self.fc1(x))) - y).pow(2).mean()


class Block(nn.Module):
    width, heads = 256, 4

    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(self.width)
        self.qkv = nn.Linear(self.width, 3 * self.width)
        self.joined = nn.Linear(self.width, self.width)
        self.norm2 = nn.LayerNorm(self.width)
        self.wide = nn.Linear(self.width, 4 * self.width)
        self.narrow = nn.Linear(4 * self.width, self.width)

    def attend(self, x):
        split = (x.shape[0], x.shape[1], self.heads, self.width // self.heads)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.joined(mixed.transpose(1, 2).reshape(x.shape))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.narrow(nn.functional.gelu(self.wide(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(256, 256)
        self.positions = nn.Embedding(128, 256)
        self.blocks = nn.ModuleList(Block() for _ in range(4))
        self.norm = nn.LayerNorm(256)
        self.head = nn.Linear(256, 256)

    def forward(self, text, targets):
        x = self.tokens(text) + self.positions(torch.arange(128))
        for block in self.blocks:
            x = block(x)
        return nn.functional.cross_entropy(self.head(self.norm(x)).view(-1, 256), targets)


class Convolutional(nn.Module):
    def __init__(self, first=8, second=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1, bias=False), nn.BatchNorm2d(first), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1, bias=False), nn.BatchNorm2d(second), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(second * 7 * 7, 10))

    def forward(self, x, y):
        return nn.functional.cross_entropy(self.layers(x), y)


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(1024) for _ in range(4))

    def forward(self, x, y):
        for norm in self.norms:
            x = norm(torch.sigmoid(torch.tanh(x)))
        return (x - y).pow(2).mean()


# Module, learning rate, and sizes and types of inputs and targets.
PROBLEMS = {
    "mlp": (Mlp, 0.01, ((128, 784), torch.float32), ((128, 10), torch.float32)),
    "transformer": (Transformer, 1e-3, ((8, 128), torch.int64), ((1024,), torch.int64)),
    "cnn": (Convolutional, 0.01, ((64, 1, 28, 28), torch.float32), ((64,), torch.int64)),
    "cnn_wide": (lambda: Convolutional(32, 64), 0.01, ((64, 1, 28, 28), torch.float32), ((64,), torch.int64)),
    "pointwise": (Normalised, 0.1, ((256, 1024), torch.float32), ((256, 1024), torch.float32)),
}


def read_tensor(file, sizes, dtype):
    count = 1
    for size in sizes:
        count *= size
    data = bytearray(file.read(count * torch.empty((), dtype=dtype).element_size()))
    return torch.frombuffer(data, dtype=dtype).view(sizes)


def main():
    name, path = sys.argv[1:]
    torch.set_num_threads(1)
    make, learning_rate, inputs, targets = PROBLEMS[name]
    module = make()
    with open(path, "rb") as file, torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(read_tensor(file, parameter.shape, parameter.dtype))
        x, y = read_tensor(file, *inputs), read_tensor(file, *targets)
    optimizer = torch.optim.SGD(module.parameters(), lr=learning_rate)
    loss_of = torch.compile(module)
    update = torch.compile(optimizer.step)

    def step():
        loss = loss_of(x, y)
        loss.backward()
        update()
        optimizer.zero_grad()
        return loss

    for _ in range(WARM_UP_STEPS):
        loss = step()
    print(loss.item(), flush=True)
    for line in sys.stdin:
        steps = int(line)
        begin = time.perf_counter()
        for _ in range(steps):
            loss = step()
        loss.item()
        print((time.perf_counter() - begin) / steps * 1e6, flush=True)


if __name__ == "__main__":
    main()
