"""Trains a compact enlarger or restorer for closeness to the original.

    python train.py --crops crops.npz --out run --minutes 100 [--resume]
"""
import torch

import loop
import losses


def main():
    parser = loop.options_of(__doc__.splitlines()[0], rate=6e-4)
    parser.add_argument("--loss", choices=list(losses.named), default="absolute",
                        help="decibel: logarithm of the squared error of each patch, so that nearly clean ones count as much")
    parser.add_argument("--frequency", type=float, default=0.0, help="weight of the focal frequency loss beside it")
    options = parser.parse_args()
    training = loop.Loop(options)
    learner = training.compiled(training.maker)
    optimizer = torch.optim.Adam(training.maker.parameters(), lr=options.rate, betas=(0.9, 0.99))

    def learn(small, large):
        optimizer.zero_grad(set_to_none=True)
        with training.autocast():
            guess = learner(small)
        loss = losses.named[options.loss](guess.float(), large)
        if options.frequency > 0:
            loss = loss + options.frequency * losses.focal_frequency(guess.float(), large)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(training.maker.parameters(), 1.0)
        optimizer.step()
        return (loss,)

    training.run({"optimizer": optimizer}, [optimizer], learn, ["loss"])


if __name__ == "__main__":
    main()
