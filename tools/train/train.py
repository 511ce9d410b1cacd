"""Trains a compact enlarger or restorer for closeness to the original.

    python train.py --crops crops.npz --out run --minutes 100 [--resume]
"""
import loop
import losses


def main():
    parser = loop.options_of(__doc__.splitlines()[0], rate=6e-4)
    parser.add_argument("--loss", choices=list(losses.named), default="absolute",
                        help="decibel: logarithm of the squared error of each patch, so that nearly clean ones count as much")
    parser.add_argument("--frequency", type=float, default=0.0, help="weight of the focal frequency loss beside it")
    options = parser.parse_args()

    def loss_of(guess, clean):
        loss = losses.named[options.loss](guess, clean)
        return loss + options.frequency * losses.focal_frequency(guess, clean) if options.frequency > 0 else loss

    loop.Loop(options).fit(loss_of)


if __name__ == "__main__":
    main()
