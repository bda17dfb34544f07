"""A stranger's installed package, made on the fly: a module, a preset and the metadata that pip would write."""

import importlib
import sys

PACKAGE = '''
"""Somebody else's package."""
from toys import CountingWorld, LinearLearner

class StrangersWorld(CountingWorld):
    """Counts strangely."""

class StrangersLearner(LinearLearner):
    """Learns strangely."""
'''
PRESET = "# A stranger's world.\nenvironment: stranger\nagent: strange-learner\nstreams: 2\nticks: 40\n"
ENTRIES = """
[streamsim.environments]
stranger = {world}
[streamsim.agents]
strange-learner = stranger_package:StrangersLearner
[streamsim.presets]
stranger = stranger_package.presets
"""


def write(folder, world="stranger_package:StrangersWorld"):
    """Install the package into *folder*, which must then be on Python's path, beside `toys`."""
    presets = folder / "stranger_package" / "presets"
    presets.mkdir(parents=True)
    (folder / "stranger_package" / "__init__.py").write_text(PACKAGE)
    (presets / "__init__.py").write_text("")
    (presets / "strange.yaml").write_text(PRESET)
    metadata = folder / "stranger-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRIES.format(world=world))


def install(folder, monkeypatch, **options):
    """Install the package for this process."""
    write(folder, **options)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setitem(sys.modules, "toys", importlib.import_module(f"{__package__}.toys"))
    for name in ("stranger_package", "stranger_package.presets"):
        monkeypatch.delitem(sys.modules, name, raising=False)
