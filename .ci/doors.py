"""The rule that a room is entered by its door, for import-linter: one contract for all rooms, whatever their names."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class DoorsContract(Contract):
    """A file is imported by its own package only; all others import the package, whose `__init__` is its door."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """See `Contract.check`."""
        files = [module for module in graph.modules if "." in module and not graph.find_children(module)]
        found = [
            f"{importer} -> {file} (l.{detail['line_number']})"
            for file in sorted(files)
            for importer in sorted(graph.find_modules_that_directly_import(file))
            if not f"{importer}.".startswith(f"{file.rpartition('.')[0]}.")
            for detail in graph.get_import_details(importer=importer, imported=file)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """See `Contract.render_broken_contract`."""
        for line in check.metadata["found"]:
            output.print_error(line)
        output.print_error("Import the name from the room's door, its __init__, and hand it out there.")
