"""The kernel autoencoder: what the kernel leaves of a weight, and what the loss counts."""

import numpy as np
import torch

from models.data import Features, Interactions
from models.fusion.kernel_autoencoder import KernelAutoencoder, KernelLayer


def test_a_weight_fades_with_the_distance_of_its_units() -> None:
    layer = KernelLayer(2, 2, 1)
    with torch.no_grad():
        layer.ins.copy_(torch.tensor([[0.0], [0.5]]))
        layer.outs.copy_(torch.tensor([[0.0], [3.0]]))
    assert layer.kernel().tolist() == [[1.0, 0.0], [0.75, 0.0]]


def test_the_loss_is_half_the_squared_errors_of_what_was_rated_and_the_decays() -> None:
    train = Interactions(np.array([0, 1]), np.array([0, 2]), np.array([4.0, 2.0], np.float32), np.array([-1, -1]))
    model = KernelAutoencoder(KernelAutoencoder.Config(hidden=3, weight_decay=7.0, sparsity=0.5))
    model._build(train, Features(2, 3, (1.0, 2.0, 3.0, 4.0, 5.0)))
    ratings, rated = model._matrices()
    assert ratings.tolist() == [[4, 0], [0, 0], [0, 2]] and rated.tolist() == [[1, 0], [0, 0], [0, 1]]
    predicted, kernels = model._network(ratings)
    squares = (predicted[0, 0] - 4) ** 2 + (predicted[2, 1] - 2) ** 2
    weights = sum(layer.weight.square().sum() for layer in model._network.layers)
    wanted = (squares + 7 * weights + 0.5 * sum(kernel.square().sum() for kernel in kernels)) / 2
    torch.testing.assert_close(model._loss(ratings, rated, len(train)), wanted)


def test_it_sees_the_checkerboard_and_comes_back_from_its_state(board) -> None:
    model = KernelAutoencoder(KernelAutoencoder.Config(hidden=20, weight_decay=0.1, sparsity=0.01), seed=3)
    model.fit(board.train, board.valid, board.features)
    predicted = model.predict(board.test.users, board.test.items)
    assert np.mean((predicted - board.test.ratings) ** 2) < 0.5
    again = KernelAutoencoder(model.config, seed=3)
    again.restore(model.state())
    np.testing.assert_allclose(again.score(np.arange(4)), model.score(np.arange(4)), atol=1e-5)
