#!/usr/bin/env bash
# install.sh FOLDER: the newest PyTorch and JAX from PyPI in a virtual environment, once; remove the folder to get newer ones.
#
# PyTorch's wheel asks for several gigabytes of CUDA; of what it requires, only what a CPU needs is installed, and without_cuda.py stands in for
# the rest. Where PyTorch does not load that way, all that it asks for is installed after all. What pip said is in FOLDER/install.log.
set -euo pipefail

folder=$1
here=$(cd "$(dirname "$0")" && pwd)
python=$folder/bin/python
loads="import torch, jax; torch.nn.functional.gelu(torch.randn(9)); jax.numpy.zeros(9)"

[ -x "$python" ] && "$python" -c "$loads" 2>/dev/null && exit 0

echo "installing PyTorch and JAX in $folder" >&2
python3 -m venv "$folder"
log=$folder/install.log
install() { "$python" -m pip install --quiet --disable-pip-version-check "$@" >>"$log" 2>&1 || { cat "$log" >&2 && exit 1; }; }

# What the installed PyTorch requires on a CPU.
requirements() {
  "$python" - <<'END'
import importlib.metadata
import re

for requirement in importlib.metadata.requires("torch"):
    if "extra ==" not in requirement and not re.match(r"cuda|nvidia|triton", requirement):
        print(requirement)
END
}

install --no-deps torch
requirements >"$folder/requirements.txt"
install --requirement "$folder/requirements.txt" numpy jax
"$python" "$here/without_cuda.py" "$(echo "$folder"/lib/python*/site-packages/torch/lib)"
"$python" -c "$loads" 2>/dev/null || { install torch && "$python" -c "$loads"; }
