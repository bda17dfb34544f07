"""Who learns: encoders, plasticity rules, credit pathways, memory, schedules."""

from .activations import Activation, Hardtanh, Identity, ReLU, Tanh
from .calibration import Calibration
from .causal import CausalConv
from .clapp import CLAPP, Retrodiction, SharedGate, SplitGates, Transposed
from .contrasts import Contrast, OwnMemory, OwnPast, PeerMemory
from .credit import Credit, Gathered, Prompt
from .encoder import Encoder, SmallEncoder, TangCifarEncoder, TangEmnistEncoder, VGG6Encoder
from .encoders_in_time import CPCAudioEncoder, VideoEncoder
from .eprop_gru import EPropGRU
from .hinge import BackPropagation, ContrastiveHinge, Feedback, RandomFeedback, UpdatedRandomFeedback
from .homeostasis import Homeostasis
from .layers import Conv, FeedForward, Layer, Linear
from .learner import Learner
from .memory import FixationAnchor, Policy, Recent, Reservoir, ShortTermMemory
from .normalisation import RunningNorm
from .optimisers import SGD, Adam, Optimiser, RMSProp
from .pooling import AveragePool, MaxPool, NoPool, Pool
from .recall import Recall
from .recurrent import GRU, EProp, ThroughTime, TruncatedBPTT
from .retina import LocalContrast, Retina, Shifted, Transparent
from .rule import Lesson, Pairs, Rule
from .schedules import AllLayers, Greedy, Randomised, Schedule
from .window import Window

__all__ = [
    "CLAPP",
    "GRU",
    "SGD",
    "Activation",
    "Adam",
    "AllLayers",
    "AveragePool",
    "BackPropagation",
    "CPCAudioEncoder",
    "Calibration",
    "CausalConv",
    "Contrast",
    "ContrastiveHinge",
    "Conv",
    "Credit",
    "EProp",
    "EPropGRU",
    "Encoder",
    "FeedForward",
    "Feedback",
    "FixationAnchor",
    "Gathered",
    "Greedy",
    "Hardtanh",
    "Homeostasis",
    "Identity",
    "Layer",
    "Learner",
    "Lesson",
    "Linear",
    "LocalContrast",
    "MaxPool",
    "NoPool",
    "Optimiser",
    "OwnMemory",
    "OwnPast",
    "Pairs",
    "PeerMemory",
    "Policy",
    "Pool",
    "Prompt",
    "RMSProp",
    "RandomFeedback",
    "Randomised",
    "ReLU",
    "Recall",
    "Recent",
    "Reservoir",
    "Retina",
    "Retrodiction",
    "Rule",
    "RunningNorm",
    "Schedule",
    "SharedGate",
    "Shifted",
    "ShortTermMemory",
    "SmallEncoder",
    "SplitGates",
    "TangCifarEncoder",
    "TangEmnistEncoder",
    "Tanh",
    "ThroughTime",
    "Transparent",
    "Transposed",
    "TruncatedBPTT",
    "UpdatedRandomFeedback",
    "VGG6Encoder",
    "VideoEncoder",
    "Window",
]
