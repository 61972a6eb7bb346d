"""implicit, with BLAS held to one thread, as the library asks."""

from __future__ import annotations

from collections.abc import Callable

from recommender_peers.data import LENGTH, WIDTH, Data, Result, lists_by, matrix, top_of


def implicit_lists(data: Data, threads: int) -> Callable[[], Result]:
    """`recommend` for all users at once, with BLAS held to one thread, as the library asks."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
    model, seen = AlternatingLeastSquares(factors=WIDTH, num_threads=threads), matrix(data, data["fold"] >= 0)
    model.user_factors, model.item_factors = data["user_factors"], data["item_factors"]
    return lists_by(lambda users: model.recommend(users, seen[users], N=LENGTH)[0], data, 600)


def implicit_als(data: Data, threads: int) -> Callable[[], Result]:
    """The library alone, in the settings that ours gives it."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
    chosen = matrix(data, (data["fold"] == 0) & (data["ratings"] >= 4))
    model = AlternatingLeastSquares(WIDTH, regularization=30, alpha=4, iterations=15, num_threads=threads)

    def run() -> Result:
        model.fit(chosen, show_progress=False)
        return lambda: top_of(data, model.user_factors, model.item_factors)

    return run
