# SPDX-License-Identifier: MIT
"""libuhn-bench.so (shim.h) from Python."""

import ctypes

import numpy

STORAGES = {"float32": 0, "uint8": 1, "bits": 2}


class Choice(ctypes.Structure):
    """bench_choice of shim.h."""

    _fields_ = [
        ("similarity", ctypes.c_char_p),
        ("separation", ctypes.c_char_p),
        ("table", ctypes.c_void_p),
        ("table_rows", ctypes.c_size_t),
        ("table_columns", ctypes.c_size_t),
        ("threads", ctypes.c_int),
        ("last_form", ctypes.c_int),
    ]


class Library:
    """The functions of shim.h."""

    def __init__(self, path):
        pointer, size, real = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_double
        whole, text = ctypes.c_int, ctypes.c_char_p
        signatures = {
            "bench_error": (text, []),
            "bench_version": (text, []),
            "bench_isa": (text, []),
            "bench_remember": (whole, [whole, pointer, size, size, pointer]),
            "bench_forget": (None, [pointer]),
            "bench_recall": (whole, [pointer, pointer, size, pointer, pointer, pointer, pointer]),
            "bench_top_k": (whole, [pointer, pointer, size, pointer, size, pointer, pointer]),
            "bench_flow": (whole, [pointer, pointer, size, real, real, size, whole, pointer, pointer]),
            "bench_step_name": (text, [size]),
            "bench_peak": (real, [size, whole, real]),
            "bench_step": (real, [size, size, whole, real]),
            "bench_bandwidth": (real, [size, whole, real]),
        }
        self.functions = ctypes.CDLL(path)
        for name, (result, arguments) in signatures.items():
            function = getattr(self.functions, name)
            function.restype, function.argtypes = result, arguments

    def version(self):
        return self.functions.bench_version().decode()

    def isa(self):
        return self.functions.bench_isa().decode()

    def check(self, code):
        if code:
            raise RuntimeError("libuhn: " + self.functions.bench_error().decode())

    def steps(self):
        """The names of the element steps, in their order."""
        names = []
        while name := self.functions.bench_step_name(len(names)):
            names.append(name.decode())
        return names

    def peak(self, index, threads, seconds):
        return self.functions.bench_peak(index, threads, seconds)

    def step(self, index, dim, threads, seconds):
        return self.functions.bench_step(index, dim, threads, seconds)

    def bandwidth(self, size, threads, seconds):
        return self.functions.bench_bandwidth(size, threads, seconds)


def _packed(array, dtype):
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError("the array is not packed " + numpy.dtype(dtype).name)
    return array.ctypes.data


class Memory:
    """A memory that borrows `rows`: float32, uint8, or packed bits of `dim` coordinates."""

    def __init__(self, library, storage, rows, dim):
        self.library, self.rows, self.dim, self.count = library, rows, dim, len(rows)
        self.handle = ctypes.c_void_p()
        address = _packed(rows, numpy.float32 if storage == "float32" else numpy.uint8)
        code = library.functions.bench_remember(
            STORAGES[storage], address, self.count, dim, ctypes.byref(self.handle))
        library.check(code)

    def __del__(self):
        if getattr(self, "handle", None):
            self.library.functions.bench_forget(self.handle)

    def choice(self, similarity, separation, threads, table=None, last_form=False):
        """`table`: float32 [bins of a memory × bins of a query]."""
        choice = Choice(similarity.encode(), separation.encode(), None, 0, 0, threads, last_form)
        if table is not None:
            choice.table = _packed(table, numpy.float32)
            choice.table_rows, choice.table_columns = table.shape
        return choice

    def recall(self, queries, choice, answers, best, scores):
        """uhn_recall() into the arrays answers [Q × D] float32, best [Q] uint64, scores [Q] float64."""
        code = self.library.functions.bench_recall(
            self.handle, _packed(queries, numpy.float32), len(queries), ctypes.byref(choice),
            _packed(answers, numpy.float32), _packed(best, numpy.uint64), _packed(scores, numpy.float64))
        self.library.check(code)

    def top_k(self, queries, choice, indices, scores):
        """uhn_top_k() into indices [Q × k] uint64 and scores [Q × k] float64."""
        code = self.library.functions.bench_top_k(
            self.handle, _packed(queries, numpy.float32), len(queries), ctypes.byref(choice), indices.shape[1],
            _packed(indices, numpy.uint64), _packed(scores, numpy.float64))
        self.library.check(code)

    def flow(self, queries, beta, dt, steps, threads, states, energies):
        """uhn_flow_run() into states [Q × D] and energies [Q × (steps + 1)], float64."""
        code = self.library.functions.bench_flow(
            self.handle, _packed(queries, numpy.float32), len(queries), beta, dt, steps, threads,
            _packed(states, numpy.float64), _packed(energies, numpy.float64))
        self.library.check(code)
