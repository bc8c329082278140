# SPDX-License-Identifier: MIT
"""What people would use instead: FAISS, PyTorch, and the paper's formulas one query at a time.

Each function takes a problem and returns call(count), which does the first `count` queries. What depends on the stored
rows alone (an index, norms, logarithms) is made before, as an application would.
"""

import faiss
import numpy
import torch

import workloads


def use_threads(threads):
    faiss.omp_set_num_threads(threads)
    torch.set_num_threads(threads)


def _faiss(index, queries, k=1):
    def call(count):
        _, indices = index.search(queries[:count], k)
        return {"best": indices[:, 0]} if k == 1 else {"indices": indices}
    return call


def _flat(metric):
    def make(problem):
        index = faiss.IndexFlat(problem.dim, metric)
        index.add(problem.floats)
        return _faiss(index, problem.queries)
    return make


def faiss_cosine(problem):
    index = faiss.IndexFlatIP(problem.dim)
    rows = problem.floats.copy()
    faiss.normalize_L2(rows)
    index.add(rows)
    queries = problem.queries.copy()

    def call(count):
        normalised = queries[:count].copy()
        faiss.normalize_L2(normalised)
        return {"indices": index.search(normalised, min(workloads.TOP, problem.count))[1]}
    return call


def faiss_binary(problem):
    """Its queries are packed bits; ours are floats, which are packed within the time."""
    index = faiss.IndexBinaryFlat(problem.dim)
    index.add(problem.stored)
    return _faiss(index, numpy.packbits(problem.queries.astype(numpy.uint8), axis=1))


def _torch(problem, scores_of):
    """softmax(β scores) M; scores_of(queries) gives Q × N."""
    rows, queries = torch.from_numpy(problem.floats), torch.from_numpy(problem.queries)

    def call(count):
        with torch.inference_mode():
            return {"dense": (torch.softmax(scores_of(queries[:count]), dim=1) @ rows).numpy()}
    return call


def torch_dot(problem):
    transposed = torch.from_numpy(problem.floats).T
    beta = workloads.beta("dot", problem.dim)
    return _torch(problem, lambda queries: beta * queries @ transposed)


def torch_sqeuclidean(problem):
    rows, beta = torch.from_numpy(problem.floats), workloads.beta("sqeuclidean", problem.dim)
    mode = "use_mm_for_euclid_dist"  # as it chooses itself for more than 25 rows and queries
    return _torch(problem, lambda queries: torch.cdist(queries, rows, compute_mode=mode).square_().mul_(-beta))


def torch_manhattan(problem):
    rows, beta = torch.from_numpy(problem.floats), workloads.beta("manhattan", problem.dim)
    return _torch(problem, lambda queries: torch.cdist(queries, rows, p=1).mul_(-beta))


def _distributions(vectors, epsilon):
    return (vectors / vectors.sum(dim=1, keepdim=True) + epsilon) / (1 + vectors.shape[1] * epsilon)


def torch_kl(problem):
    beta = workloads.beta("kl", problem.dim)
    memories = _distributions(torch.from_numpy(problem.floats), 1e-4)
    negative_entropy = (memories * memories.log()).sum(dim=1)

    def scores(queries):
        return beta * (_distributions(queries, 1e-4).log() @ memories.T - negative_entropy)
    return _torch(problem, scores)


def torch_jensen_shannon(problem):
    """No matrix product: one query at a time."""
    beta = workloads.beta("jensen-shannon", problem.dim)
    memories = _distributions(torch.from_numpy(problem.floats), 0)
    negative_entropy = torch.xlogy(memories, memories).sum(dim=1)

    def scores(queries):
        result = torch.empty(len(queries), len(memories))
        for i, query in enumerate(_distributions(queries, 0)):
            mean = (memories + query) / 2
            result[i] = beta * (torch.xlogy(mean, mean).sum(dim=1) -
                                (negative_entropy + torch.xlogy(query, query).sum()) / 2)
        return result
    return _torch(problem, scores)


def paper_manhattan(problem):
    """z = Mᵀ max(1 / Σ |q − M|), as in the paper's code."""
    rows, queries = torch.from_numpy(problem.floats), torch.from_numpy(problem.queries)

    def call(count):
        best = []
        with torch.inference_mode():
            for query in queries[:count]:
                scores = 1 / torch.sum(torch.abs(query - rows), dim=1)
                weights = torch.zeros(len(rows))
                weights[torch.argmax(scores)] = 1
                rows.T @ weights
                best.append(int(weights.argmax()))
        return {"best": numpy.array(best)}
    return call


def paper_dot(problem):
    """z = Mᵀ softmax(β M q), as in the paper's code, where β M is a matrix of its own in every call."""
    rows, queries = torch.from_numpy(problem.floats), torch.from_numpy(problem.queries)
    beta = workloads.beta("dot", problem.dim)

    def call(count):
        with torch.inference_mode():
            return {"dense": torch.stack([rows.T @ torch.softmax(beta * rows @ query, dim=0)
                                          for query in queries[:count]]).numpy()}
    return call


# How each peer is called in the tables, and what makes it.
PEERS = {
    "FAISS IndexFlat L1": _flat(faiss.METRIC_L1),
    "FAISS IndexFlatL2": _flat(faiss.METRIC_L2),
    "FAISS IndexFlatIP, normalised": faiss_cosine,
    "FAISS IndexBinaryFlat": faiss_binary,
    "PyTorch softmax(β Z Mᵀ) M": torch_dot,
    "PyTorch cdist, softmax, matmul": torch_sqeuclidean,
    "PyTorch cdist p=1, softmax, matmul": torch_manhattan,
    "PyTorch log, matmul, softmax, matmul": torch_kl,
    "PyTorch xlogy by query, softmax, matmul": torch_jensen_shannon,
    "paper's formula by query, max": paper_manhattan,
    "paper's formula by query, softmax": paper_dot,
}

# The equivalent of each kind of recall.
PEER_OF = {
    "dot+softmax": "PyTorch softmax(β Z Mᵀ) M",
    "sqeuclidean+max": "FAISS IndexFlatL2",
    "sqeuclidean+softmax": "PyTorch cdist, softmax, matmul",
    "manhattan+max": "FAISS IndexFlat L1",
    "manhattan+softmax": "PyTorch cdist p=1, softmax, matmul",
    "cosine+top-k": "FAISS IndexFlatIP, normalised",
    "kl+softmax": "PyTorch log, matmul, softmax, matmul",
    "jensen-shannon+softmax": "PyTorch xlogy by query, softmax, matmul",
    "hamming+max (bits)": "FAISS IndexBinaryFlat",
    "manhattan+max (uint8)": "FAISS IndexFlat L1",
}


def versions():
    return {"faiss": faiss.__version__, "torch": torch.__version__, "numpy": numpy.__version__}
