"""Trains the U-Net that restores aligned faces for closeness to the original.

    python face.py --crops faces.npz --enlargers photo-x4.anew photo-x4-crisp.anew --out run --minutes 90 [--resume]
"""
import torch

import face_batches
import face_network
import loop
import losses


def main():
    parser = loop.options_of(__doc__.splitlines()[0], rate=1e-3)
    parser.add_argument("--enlargers", nargs="*", default=[], help="an .anew file of photo-x4's kind, or the two ends of one")
    parser.add_argument("--loss", choices=list(losses.named), default="decibel")
    options = parser.parse_args()
    training = loop.Loop(options, face_network.FaceUnet())
    learner = training.compiled(training.maker)
    optimizer = torch.optim.Adam(training.maker.parameters(), lr=options.rate, betas=(0.9, 0.99))

    def learn(given, clean):
        optimizer.zero_grad(set_to_none=True)
        with training.autocast():
            guess = learner(given)
        loss = losses.named[options.loss](guess.float() / 2, clean / 2)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(training.maker.parameters(), 1.0)
        optimizer.step()
        return (loss,)

    training.run({"optimizer": optimizer}, [optimizer], learn, ["loss"], face_batches.Batches)


if __name__ == "__main__":
    main()
