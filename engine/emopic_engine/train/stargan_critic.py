"""StarGAN's discriminator as published, under its published names, for `*-D.ckpt` checkpoints."""

from __future__ import annotations

from torch import Tensor, nn

from emopic_engine.errors import DataError

SLOPE = 0.01  # of LeakyReLU below 0


class Discriminator(nn.Module):
    """Picture [N, 3, S, S] in [-1, 1] → realness of patches [N, 1, s, s] and class logits [N, C].

    s is S / 2^repeat_num; S must be a multiple of 2^repeat_num. Raises `DataError` otherwise.
    """

    def __init__(
        self, image_size: int = 128, conv_dim: int = 64, c_dim: int = 6, repeat_num: int = 6
    ) -> None:
        super().__init__()
        patch = image_size >> repeat_num
        if patch < 1 or patch << repeat_num != image_size:
            raise DataError(
                f"a critic of {repeat_num} layers takes pictures whose side is a multiple of "
                f"{1 << repeat_num}, not {image_size}: change --size or --critic-layers"
            )
        layers: list[nn.Module] = [nn.Conv2d(3, conv_dim, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        width = conv_dim
        for _ in range(1, repeat_num):
            layers += [nn.Conv2d(width, width * 2, 4, 2, 1), nn.LeakyReLU(SLOPE)]
            width *= 2
        self.main = nn.Sequential(*layers)
        self.conv1 = nn.Conv2d(width, 1, 3, 1, 1, bias=False)  # real or not, patch by patch
        self.conv2 = nn.Conv2d(width, c_dim, patch, bias=False)  # which domain

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        features = self.main(picture)
        realness: Tensor = self.conv1(features)
        logits: Tensor = self.conv2(features).flatten(1)
        return realness, logits
