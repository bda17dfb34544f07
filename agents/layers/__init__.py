"""Weights of one area with closed-form gradients."""

from .base import OF_A_FRAME, FeedForward, Layer, Parameters, Tape
from .causal import CausalConv
from .conv import Conv
from .linear import Linear
from .normalisation import RunningNorm, pooled
from .response import Activation, AveragePool, Hardtanh, Identity, LeakyReLU, MaxPool, NoPool, Pool, ReLU, Tanh
from .tensors import kept_where, uniform
from .window import Window

__all__ = [
    "OF_A_FRAME",
    "Activation",
    "AveragePool",
    "CausalConv",
    "Conv",
    "FeedForward",
    "Hardtanh",
    "Identity",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPool",
    "NoPool",
    "Parameters",
    "Pool",
    "ReLU",
    "RunningNorm",
    "Tanh",
    "Tape",
    "Window",
    "kept_where",
    "pooled",
    "uniform",
]
