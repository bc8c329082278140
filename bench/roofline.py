# SPDX-License-Identifier: MIT
"""What the machine can do, and how much of it the kernels get."""

GIB = 2**30
# Bytes of a buffer: main memory; 10,000 rows of 3072 floats, 784 floats, 3072 bytes; 10^6 rows of 1024 bits; small.
SIZES = [GIB, 10000 * 3072 * 4, 10000 * 784 * 4, 10000 * 3072, 10**6 * 128, 2**20]
DIM = 3072


def measure(session):
    """Peaks of the element steps in pairs/s and bandwidth in bytes/s, all threads; fills session.roofline."""
    seconds = 0.1 if session.quick else 0.4
    library, threads = session.library, session.threads
    peaks, single, kernels = {}, {}, {}
    for index, name in enumerate(library.steps()):
        peaks[name] = library.peak(index, threads, seconds)
        single[name] = library.peak(index, 1, seconds)
        kernels[name] = library.step(index, DIM, threads, seconds)
    bandwidth = {str(size): library.bandwidth(size, threads, seconds * 3) for size in SIZES}
    single_bandwidth = {str(size): library.bandwidth(size, 1, seconds * 3) for size in SIZES}
    session.roofline = {"peaks": peaks, "peaks_one_thread": single, "kernels": kernels, "kernel_dim": DIM,
                        "bandwidth": bandwidth, "bandwidth_one_thread": single_bandwidth}
    return session.roofline


def show(roofline):
    print("element step            peak   kernel   (Gpairs/s, all threads)")
    for name, peak in roofline["peaks"].items():
        kernel = roofline["kernels"][name]
        share = f"{kernel / peak:6.0%}" if peak else "     –"
        print(f"{name:20} {peak / 1e9:7.1f}  {kernel / 1e9:7.1f}  {share}")
    for size, value in roofline["bandwidth"].items():
        print(f"reading {int(size) / 2**20:7.1f} MiB   {value / 1e9:.1f} GB/s")
