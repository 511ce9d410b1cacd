"""How far a guess is from the clean picture, [n][3][h][w] each."""
import torch


def absolute(guess, clean):
    return (guess - clean).abs().mean()


def decibel(guess, clean):
    """The logarithm of each patch's squared error, as Chen et al. 2022 (NAFNet) train for PSNR, so that a patch with little
    damage weighs about as much as one with a lot. The floor is 42 dB: with a lower one clean patches outweigh all others,
    and the network stays at giving back what it gets."""
    return torch.log((guess - clean).pow(2).mean(dim=(1, 2, 3)) + 6e-5).mean() * 0.05


def focal_frequency(guess, clean):
    """Squared distance of the spectra, weighted by itself, so that the frequencies that are missed most count most (Jiang et
    al. 2021, Focal frequency loss, alpha 1)."""
    apart = torch.fft.rfft2(guess - clean, norm="ortho").abs().pow(2)
    weight = apart.sqrt().detach()
    return (weight / weight.amax(dim=(2, 3), keepdim=True).clamp(min=1e-8) * apart).mean()


named = {"absolute": absolute, "decibel": decibel}
