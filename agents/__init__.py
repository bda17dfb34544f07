"""Who learns: encoders, plasticity rules, credit pathways, memory, schedules."""

from .activations import Activation, Hardtanh, Identity, ReLU, Tanh
from .calibration import Calibration
from .clapp import CLAPP, Retrodiction, SharedGate, SplitGates, Transposed
from .contrasts import Contrast, OwnMemory, OwnPast, PeerMemory
from .credit import Credit, Gathered, Prompt
from .encoder import Encoder, SmallEncoder, TangCifarEncoder, TangEmnistEncoder, VGG6Encoder
from .hinge import BackPropagation, ContrastiveHinge, Feedback, RandomFeedback, UpdatedRandomFeedback
from .homeostasis import Homeostasis
from .layers import Conv, Layer, Linear
from .learner import Learner
from .memory import FixationAnchor, Policy, Recent, Reservoir, ShortTermMemory
from .optimisers import SGD, Adam, Optimiser, RMSProp
from .pooling import AveragePool, MaxPool, NoPool, Pool
from .recall import Recall
from .retina import LocalContrast, Retina, Shifted, Transparent
from .rule import Lesson, Pairs, Rule
from .schedules import AllLayers, Greedy, Randomised, Schedule

__all__ = [
    "CLAPP",
    "SGD",
    "Activation",
    "Adam",
    "AllLayers",
    "AveragePool",
    "BackPropagation",
    "Calibration",
    "Contrast",
    "ContrastiveHinge",
    "Conv",
    "Credit",
    "Encoder",
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
    "Schedule",
    "SharedGate",
    "Shifted",
    "ShortTermMemory",
    "SmallEncoder",
    "SplitGates",
    "TangCifarEncoder",
    "TangEmnistEncoder",
    "Tanh",
    "Transparent",
    "Transposed",
    "UpdatedRandomFeedback",
    "VGG6Encoder",
]
