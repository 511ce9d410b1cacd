"""Trains the U-Net that restores aligned faces for closeness to the original.

    python face.py --crops faces.npz --enlargers photo-x4.anew photo-x4-crisp.anew --out run --minutes 90 [--resume]
"""
import face_batches
import face_network
import loop
import losses


def main():
    parser = loop.options_of(__doc__.splitlines()[0], rate=1e-3)
    parser.add_argument("--enlargers", nargs="*", default=[], help="an .anew file of photo-x4's kind, or the two ends of one")
    parser.add_argument("--loss", choices=list(losses.named), default="decibel")
    options = parser.parse_args()
    # The loss is for samples from 0 to 1.
    loop.Loop(options, face_network.FaceUnet()).fit(
        lambda guess, clean: losses.named[options.loss](guess / 2, clean / 2), face_batches.Batches)


if __name__ == "__main__":
    main()
