"""Makes PyTorch's wheel from PyPI usable on a machine without CUDA, and without the gigabytes of NVIDIA packages that it asks for.

Its libraries are linked against CUDA's, so they do not load without them, though nothing on a CPU calls them. For each library that is
missing this compiles an empty one beside PyTorch's own, in which every function that PyTorch imports returns an error, so that PyTorch finds
no GPU. Usage: without_cuda.py FOLDER_OF_LIBTORCH
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

ERROR = 35  # cudaErrorInsufficientDriver


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def missing_libraries(libraries):
    """What the dynamic linker does not find."""
    lines = "".join(output_of("ldd", str(library)) for library in libraries)
    return sorted(set(re.findall(r"^\s*(\S+) => not found", lines, re.MULTILINE)))


def imports(libraries):
    """The functions that are imported: {version: names}; the version, where there is one, is that of the library."""
    found = collections.defaultdict(set)
    for library in libraries:
        for line in output_of("nm", "-D", "--undefined-only", str(library)).splitlines():
            name, _, version = line.split()[-1].partition("@")
            found[version.lstrip("@")].add(name)
    return found


def versions_of(library, libraries):
    """The version names that others want of `library`."""
    wanted = set()
    for other in libraries:
        for part in output_of("readelf", "-V", str(other)).split(" File: ")[1:]:
            if part.startswith(library + " "):
                wanted.update(re.findall(r"Name: (\S+)", part))
    return sorted(wanted)


def compile_stand_in(path, functions, version):
    source = [f"long rectify_missing(void) {{ return {ERROR}; }}"]
    source += [f'long {name}(void) __attribute__((alias("rectify_missing")));' for name in sorted(functions)]
    command = ["cc", "-shared", "-fPIC", "-w", "-xc", "-", f"-Wl,-soname,{path.name}", "-o", str(path)]
    with tempfile.NamedTemporaryFile("w", suffix=".map") as script:
        if version:
            script.write(f"{version} {{ global: *; }};\n")
            script.flush()
            command.append(f"-Wl,--version-script={script.name}")
        subprocess.run(command, check=True, input="\n".join(source), text=True)


def main(folder):
    folder = pathlib.Path(folder)
    libraries = sorted(folder.glob("*.so"))
    wanted = imports(libraries)
    unversioned = {name for name in wanted[""] if re.match(r"cu[A-Zsf]|nccl|nvshmem|nvJit", name)}
    for library in missing_libraries(libraries):
        versions = versions_of(library, libraries)
        functions = set().union(*(wanted[v] for v in versions)) if versions else unversioned
        compile_stand_in(folder / library, functions, versions[0] if versions else None)


if __name__ == "__main__":
    main(sys.argv[1])
