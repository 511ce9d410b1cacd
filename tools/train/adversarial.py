"""Goes on from a faithful enlarger to a crisp one, against a critic that is trained beside it.

    python adversarial.py --crops crops.npz --start ../../weights/photo-x4.anew --sharper --out run --minutes 100 [--resume]

Losses: the mean absolute error, the critic's relativistic answer (Jolicoeur-Martineau 2019: a made patch should look more
real than the photo's own one, and the other way round for the critic), and the distance of the critic's features (Wang et
al. 2018, pix2pixHD), which stands for a perceptual loss without a network of anybody else. The weights of the two sides
are not fixed numbers: the critic's gradient at the picture is scaled to `--share` of the error's, so that neither side runs
away. Weights stay near those of the start, so that the two ends can be mixed (--crisp).
"""
import torch
import torch.nn.functional as functional

import critic
import loop
import losses


def answers_apart(more, less):
    """How far the first answers are from lying above the second, patch by patch."""
    return sum(functional.softplus(b.float() - a.float()).mean() for a, b in zip(more, less)) / len(more)


def features_apart(made, real):
    """Mean absolute distance, in parts of the photo's own features."""
    return sum((a.float() - b.detach().float()).abs().mean() / b.detach().float().abs().mean().clamp(min=1e-3)
               for a, b in zip(made, real)) / len(real)


def shifted(made, real):
    """The same part of both, from a random place on: a critic with strides that always lay on the same pixels of the maker's
    squares of 4x4 left its own grid in the pictures."""
    top, left = (int(n) for n in torch.randint(0, 8, (2,)))
    part = (..., slice(top, top + made.shape[2] - 8), slice(left, left + made.shape[3] - 8))
    return made[part], real[part]


class Balance(torch.nn.Module):
    """The running ratio of the two gradients; a module, so that checkpoints have it."""

    def __init__(self):
        super().__init__()
        self.register_buffer("ratio", torch.zeros(()))

    def follow(self, error, judged):
        now = error.norm() / judged.norm().clamp(min=1e-12)
        self.ratio.copy_(torch.where(self.ratio == 0, now, 0.98 * self.ratio + 0.02 * now))
        return torch.minimum(self.ratio, 2 * now)


def main():
    parser = loop.options_of(__doc__.splitlines()[0], rate=2e-4)
    parser.add_argument("--share", type=float, default=1.0, help="of the critic's gradient, in parts of the error's")
    options = parser.parse_args()
    training = loop.Loop(options)
    maker, learner = training.maker, training.compiled(training.maker)
    judge = critic.Critic().to(training.device, memory_format=torch.channels_last)
    balance = Balance().to(training.device)
    makes = torch.optim.Adam(maker.parameters(), lr=options.rate, betas=(0.9, 0.99))
    judges = torch.optim.Adam(judge.parameters(), lr=options.rate, betas=(0.5, 0.99))

    def learn(small, large):
        with training.autocast():
            guess = learner(small)
        # One look of the critic at each side serves both: its answers' gradient at the picture, and at its own weights.
        seen = guess.detach().float().requires_grad_()
        inner_made, inner_real = shifted(seen, large)
        with training.autocast():
            made, made_features = judge(inner_made)
            real, real_features = judge(inner_real)
        error = losses.absolute(seen, large)
        convincing, features = answers_apart(made, real), features_apart(made_features, real_features)
        judging = answers_apart(real, made)
        (towards,) = torch.autograd.grad(error, seen)
        (judged,) = torch.autograd.grad(convincing + features, seen, retain_graph=True)
        judges.zero_grad(set_to_none=True)
        judging.backward(inputs=list(judge.parameters()))
        judges.step()
        makes.zero_grad(set_to_none=True)
        guess.backward((towards + options.share * balance.follow(towards, judged) * judged).to(guess.dtype))
        torch.nn.utils.clip_grad_norm_(maker.parameters(), 1.0)
        makes.step()
        return error, convincing, judging, features, balance.ratio

    training.run({"judge": judge, "balance": balance, "makes": makes, "judges": judges}, [makes, judges], learn,
                 ["loss", "maker", "judge", "features", "ratio"])


if __name__ == "__main__":
    main()
