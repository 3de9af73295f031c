"""What a learner's code may do, hazard by hazard, and the one sentence that they should read.

Each is a right answer to ``mlp`` (or, where said, another checkpoint) with something dangerous in
it. ``docs/hazards.md`` is made from a run of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lessons.course import COURSE
from lessons.declare import reference_path
from tutor.starter import learners_imports

FAST = tuple(claim.id for claim in COURSE.checkpoint("mlp").claims if not claim.trains)


def right(checkpoint: str = "mlp") -> str:
    """An answer that passes."""
    return learners_imports(reference_path(checkpoint).read_text("utf-8"))


def in_forward(body: str, above: str = "") -> str:
    """A right answer whose ``SimpleMLP.forward`` first does ``body``."""
    rows = "\n".join(f"    {row}" for row in body.splitlines())
    return f"""{right()}
import ctypes, os, signal, socket, subprocess, sys, threading, time
{above}
_forward = SimpleMLP.forward
def forward(self, x):
{rows}
    return _forward(self, x)
SimpleMLP.forward = forward
"""


def at_import(body: str) -> str:
    """A right answer that does ``body`` when it is imported."""
    return f"""{right()}
import ctypes, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time
{body}
"""


@dataclass(frozen=True)
class Hazard:
    """name: of the test. what: as the table says it.

    outcome and kind: the right verdict. says: a part of what the learner reads. prints: a part of
    what stands under "output". limit: seconds, where the hazard runs into the limit.
    """

    name: str
    what: str
    source: str | bytes
    outcome: str = "passed"
    kind: str | None = None
    says: str = ""
    prints: str = ""
    limit: float = 0.0
    checkpoint: str = "mlp"
    claims: tuple[str, ...] = field(default=("raw-scores",))


def stopped(name: str, what: str, source: str, kind: str, says: str, **more: object) -> Hazard:
    return Hazard(name, what, source, "could-not-run", kind, says, **more)  # type: ignore[arg-type]


def endless(name: str, what: str, source: str, says: str = "limit of 1 s") -> Hazard:
    return stopped(name, what, source, "time-limit", says, limit=1.0)


def failed(name: str, what: str, source: str, says: str, **more: object) -> Hazard:
    return Hazard(name, what, source, "failed", None, says, **more)  # type: ignore[arg-type]


# Starts a process with a session of its own, whose parents are gone, and waits until it runs.
DAEMON = """
def daemon():
    ended, held = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "1000"])
        os._exit(0)
    os.close(held)
    os.read(ended, 1)
"""
SWALLOW = """\
while True:
    try:
        while True: pass
    except BaseException:
        pass"""
FRAMES = """
import struct
def forge():
    body = b'\\x84\\xa4type\\xa4Done\\xa6number\\x01\\xa7outcome\\xa6passed\\xa7seconds\\0'
    return struct.pack(">I", len(body)) + body
"""

LOOPS = [
    endless("loop", "An endless loop", in_forward("while True: pass"), "`while True: pass`"),
    endless(
        "loop-swallows",
        "The same with `except BaseException: pass`",
        in_forward(SWALLOW),
        "`while True: pass`",
    ),
    endless("loop-at-import", "The same at import", at_import(SWALLOW), "`while True: pass`"),
    endless(
        "loop-in-c",
        "The same inside C code: a huge matrix product",
        in_forward("big = torch.ones(4000, 4000)\nwhile True: big @ big"),
        "`while True: big @ big`",
    ),
    endless(
        "sleep", "Sleeping, or waiting for input that never comes", in_forward("time.sleep(1000)")
    ),
    endless(
        "signals-blocked",
        "SIGTERM ignored, all signals blocked, then a loop",
        in_forward(
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n" + SWALLOW
        ),
    ),
    endless(
        "getattr-loops",
        "An object whose `__getattr__` and `__repr__` loop",
        at_import(
            "class Odd:\n"
            "    def __getattr__(self, name):\n        while True: pass\n"
            "    __repr__ = __eq__ = __getattr__\n"
            "SimpleMLP.forward = lambda self, x: Odd().values"
        ),
    ),
]

MEMORY = [
    failed(
        "recursion",
        "Recursion without end",
        in_forward("deeper()", "def deeper(): deeper()"),
        "RecursionError: maximum recursion depth exceeded (mlp.py, line ",
    ),
    stopped(
        "host-memory",
        "Memory asked for without end",
        in_forward("held = []\nwhile True: held.append(bytes(1 << 24))"),
        "memory",
        "it asks for more memory than there is for it",
    ),
    stopped(
        "torch-memory",
        "The same through torch",
        in_forward("held = []\nwhile True: held.append(torch.ones(1 << 24))"),
        "memory",
        "it asks for more memory than there is for it",
    ),
    stopped(
        "one-huge-tensor",
        "A tensor of 4 TB",
        in_forward("torch.ones(1 << 40)"),
        "memory",
        "it asks for more memory than there is for it",
    ),
    failed(
        "ten-gigabytes",
        "A tensor of 10 GB is returned",
        in_forward("return torch.zeros(1, 1).expand(250_000_000, 10)"),
        "10,000 MB, far more than is needed",
    ),
    stopped(
        "shared-memory",
        "Memory shared among many children",
        in_forward(
            "for _ in range(9):\n"
            "    if os.fork() == 0:\n"
            "        held = torch.ones(1 << 27)\n"
            "        while True: signal.pause()\n"
            "signal.pause()"
        ),
        "memory",
        "use more than 3 GB of memory",
    ),
]

ENDS = [
    stopped(
        "exit-at-import",
        "`os._exit(0)` at import",
        at_import("os._exit(0)"),
        "exit",
        "the code ended its own process (exit status 0)",
    ),
    stopped(
        "exit",
        "`os._exit(0)` in `forward`",
        in_forward("os._exit(0)"),
        "exit",
        "the code ended its own process (exit status 0)",
    ),
    *(
        hazard
        for word in ("sys.exit()", "raise SystemExit", "raise KeyboardInterrupt")
        for hazard in (
            stopped(
                f"{word.split()[-1].strip('()').replace('.', '-')}-at-import",
                f"`{word}` at import",
                at_import(word),
                "import-error",
                "the file ends the program while it is being imported",
            ),
            stopped(
                word.split()[-1].strip("()").replace(".", "-"),
                f"`{word}` in `forward`",
                in_forward(word),
                "exit",
                "the code ends the program; let it return instead (mlp.py, line ",
            ),
        )
    ),
    stopped(
        "segfault",
        "A segmentation fault",
        in_forward("ctypes.string_at(0)"),
        "crash",
        "SIGSEGV: segmentation fault",
        prints="Segmentation fault",
    ),
    stopped(
        "abort",
        "An abort inside C code",
        in_forward("os.abort()"),
        "crash",
        "SIGABRT",
    ),
    stopped(
        "descriptors-closed",
        "All file descriptors closed",
        in_forward("os.closerange(0, 1 << 16)"),
        "crash",
        "leave file descriptors above 2 alone",
    ),
]

CUT = "the rest is not shown."
OUTPUT = [
    Hazard(
        "flood",
        "100 MB printed on stdout and stderr",
        in_forward("for _ in range(50): print('y' * 1_000_000); sys.stderr.write('z' * 1_000_000)"),
        prints=CUT,
    ),
    Hazard(
        "flood-of-lines",
        "100 MB in short lines",
        at_import("for _ in range(100): sys.stdout.write('line\\n' * 200_000)"),
        prints=CUT,
    ),
    Hazard(
        "not-utf-8",
        "Invalid UTF-8 and null bytes",
        at_import("os.write(1, b'\\xff\\xfe\\x00 so\\n')"),
        prints="so",
    ),
    Hazard(
        "escapes",
        "Terminal escape sequences, on both streams and in an error",
        at_import("print('\\x1b[2J\\x1b]0;x\\x07red\\x9b31m')\nsys.stderr.write('\\x1b[31m')"),
        prints="␛[2J",
    ),
    failed(
        "escapes-in-error",
        "Escape sequences and markup in an exception's text",
        in_forward("raise ValueError('\\x1b[2J [red]so[/red] [3,4,6,3]')"),
        "ValueError: ␛[2J [red]so[/red] [3,4,6,3]",
    ),
    Hazard(
        "markup",
        "Markup brackets printed",
        at_import("print('[bold]so[/] [/nothing] [3,4,6,3] [link=x]')"),
        prints="[bold]so[/] [/nothing] [3,4,6,3] [link=x]",
    ),
    Hazard("stdout-closed", "`sys.stdout` closed", at_import("sys.stdout.close()\nos.close(1)")),
    Hazard(
        "stdout-replaced",
        "`sys.stdout` and `print` replaced",
        at_import("import builtins\nsys.stdout = sys.stderr = None\nbuiltins.print = None"),
    ),
    Hazard(
        "forged",
        "A verdict printed as it travels between our processes",
        in_forward("os.write(1, forge()); print(forge()); return x * 0", FRAMES),
        "failed",
        says="",
    ),
    stopped(
        "forged-everywhere",
        "The same on every file descriptor",
        in_forward(
            "for number in range(3, 256):\n"
            "    try: os.write(number, forge())\n"
            "    except OSError: pass",
            FRAMES,
        ),
        "crash",
        "leave file descriptors above 2 alone",
    ),
]

PROCESSES = [
    Hazard(
        "threads",
        "Threads left running, daemon and not",
        in_forward(
            "for daemon in (True, False):\n"
            "    threading.Thread(target=time.sleep, args=(1000,), daemon=daemon).start()"
        ),
    ),
    Hazard("daemon", "A double-forked child with its own session", in_forward("daemon()", DAEMON)),
    Hazard(
        "children",
        "Forked children that go on with the learner's code",
        in_forward("if os.fork() == 0: return x * 0"),
    ),
    stopped(
        "fork-bomb",
        "A fork bomb",
        in_forward("while True:\n    try: os.fork()\n    except OSError: pass"),
        "processes",
        "the code started more than 32 processes",
    ),
    stopped(
        "shell-bomb",
        "A fork bomb of small processes",
        in_forward(
            "subprocess.Popen(['sh', '-c', 'b() { b | b & }; b; sleep 1000'])\ntime.sleep(1000)"
        ),
        "processes",
        "the code started more than 32 processes",
    ),
]

FILES = [
    failed(
        "open-files",
        "Thousands of open files",
        in_forward("held = [open(__file__) for _ in range(1 << 20)]"),
        "Too many open files",
    ),
    failed(
        "endless-file",
        "A file written without end",
        in_forward("file = open('big', 'wb')\nwhile True: file.write(bytes(1 << 20))"),
        "File too large",
    ),
    failed(
        "endless-files",
        "Files without end",
        in_forward("for number in range(1 << 20): open(str(number), 'wb').write(bytes(1 << 22))"),
        "No space left on device",
    ),
    Hazard(
        "folder-deleted",
        "The current folder changed, then deleted",
        in_forward(
            "folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder)", "import tempfile"
        ),
    ),
    stopped(
        "file-rewritten",
        "The learner's own file rewritten by the code",
        at_import("open(__file__, 'w').write('')"),
        "import-error",
        "may write in its own folder only",
    ),
    Hazard(
        "files-deleted",
        "All files of the workspace deleted by the code, errors ignored",
        at_import("shutil.rmtree(os.path.dirname(__file__), ignore_errors=True)"),
    ),
    Hazard(
        "locked-out",
        "Permissions taken away with `chmod`, errors ignored",
        at_import(
            "try: os.chmod(os.path.dirname(__file__), 0); os.chmod(__file__, 0)\n"
            "except OSError: pass"
        ),
    ),
    Hazard(
        "home-written",
        "Files written in the home and in `/tmp`, errors ignored",
        at_import(
            "for folder in (os.path.expanduser('~'), '/tmp', '/var/tmp'):\n"
            "    try: open(os.path.join(folder, 'cnntutor-hazard'), 'w').write('so')\n"
            "    except OSError: pass"
        ),
    ),
    Hazard(
        "temporary-files",
        "Temporary files, which have a place",
        at_import("tempfile.NamedTemporaryFile(delete=False).write(b'so')\ntempfile.mkdtemp()"),
    ),
    failed(
        "network",
        "The network",
        in_forward("socket.create_connection(('127.0.0.1', 9))"),
        "code that is checked has no network",
    ),
]

TORCH = [
    Hazard(
        "torch-settings",
        "`manual_seed`, `set_default_dtype`, `set_num_threads`, `set_grad_enabled` left changed",
        in_forward(
            "torch.manual_seed(1); torch.set_default_dtype(torch.float64)\n"
            "torch.set_num_threads(8); torch.set_grad_enabled(False)"
        ).replace("_forward(self, x)", "_forward(self, x)\ntorch.set_default_dtype(torch.float64)"),
    ),
    Hazard(
        "settings-at-import",
        "The same at import",
        at_import(
            "torch.manual_seed(1); torch.set_default_dtype(torch.float64)\n"
            "torch.set_num_threads(8); torch.set_grad_enabled(False)\n"
            "torch.set_num_interop_threads(4); torch.use_deterministic_algorithms(True)"
        ),
        claims=FAST,
    ),
    Hazard(
        "allclose-replaced",
        "`torch.allclose`, `torch.equal` replaced, with a wrong answer",
        at_import(
            "torch.allclose = torch.equal = lambda *a, **k: True\n"
            "torch.testing.assert_close = lambda *a, **k: None\n"
            "SimpleMLP.forward = lambda self, x: x.flatten(1)[:, :10].softmax(1)"
        ),
        "failed",
        says="adds up to 1",
    ),
    Hazard(
        "cross-entropy-replaced",
        "`F.cross_entropy` replaced by a wrong one",
        at_import("F.cross_entropy = lambda scores, labels: scores.sum() * 0"),
        "failed",
        claims=("training-step",),
    ),
    Hazard(
        "call-replaced",
        "`nn.Module.__call__` replaced, with a right answer",
        at_import(
            "nn.Module.__call__ = lambda self, *a, **k: self.forward(*a, **k)\n"
            "nn.Module.train = nn.Module.eval = lambda self, *a: self"
        ),
    ),
    Hazard(
        "inference-mode",
        "Inference mode left on",
        in_forward("torch.inference_mode().__enter__()"),
    ),
    Hazard(
        "inference-mode-at-import",
        "The same at import",
        at_import("torch.inference_mode().__enter__()"),
        claims=FAST,
    ),
    Hazard(
        "autocast",
        "Autocast left on",
        at_import("torch.autocast('cpu', dtype=torch.bfloat16).__enter__()"),
        claims=FAST,
    ),
    failed(
        "nan",
        "NaN and inf everywhere",
        in_forward("return torch.full((len(x), 10), float('nan'))"),
        "100% of the scores are NaN or infinite",
    ),
    failed(
        "odd-object",
        "An object whose `__repr__`, `__eq__` and `__getattr__` raise",
        at_import(
            "class Odd:\n"
            "    def __getattr__(self, name): raise RuntimeError('no')\n"
            "    __repr__ = __str__ = __eq__ = __len__ = __hash__ = __getattr__\n"
            "SimpleMLP.forward = lambda self, x: Odd()"
        ),
        "SimpleMLP.forward gave an Odd, not a tensor",
    ),
    failed(
        "odd-exception",
        "An exception whose text can't be made",
        in_forward(
            "raise Odd",
            "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no')",
        ),
        "its message could not be made",
    ),
    failed(
        "lying-state-dict",
        "A `state_dict` that lies",
        at_import(
            "class Lies(Linear):\n"
            "    def __init__(self, *a, **k):\n"
            "        super().__init__(*a, **k); self.bias = None\n"
            "    def state_dict(self, *a, **k):\n"
            "        return {'weight': self.weight, 'bias': torch.zeros(len(self.weight))}\n"
            "Linear = Lies"
        ),
        "bias",
        claims=("parameters",),
    ),
]

ANSWERS = [
    stopped(
        "imports-reference",
        "The reference imported as the answer",
        "from reference.mlp import *\n",
        "import-error",
        "reference is the answer that yours is compared with; write it yourself",
    ),
    failed(
        "torch-linear",
        "torch's own layer as the answer",
        right() + "\nLinear = nn.Linear\n",
        "is torch.nn.Linear",
        claims=("parameters",),
    ),
    failed(
        "torchvision-resnet",
        "torchvision's network as the answer",
        "from torchvision.models.resnet import BasicBlock, ResNet\n"
        "def ResNet34(n=[3, 4, 6, 3], f=[64, 128, 256, 512], s=[1, 2, 2, 2], n_classes=1000):\n"
        "    return ResNet(BasicBlock, n, num_classes=n_classes)\n"
        "def copy_weights(mine, pretrained): mine.load_state_dict(pretrained.state_dict())\n",
        "is torchvision's ResNet",
        checkpoint="resnet",
        claims=("state-dict",),
    ),
]

HAZARDS: list[Hazard] = [
    *LOOPS, *MEMORY, *ENDS, *OUTPUT, *PROCESSES, *FILES, *TORCH, *ANSWERS,
]  # fmt: skip
