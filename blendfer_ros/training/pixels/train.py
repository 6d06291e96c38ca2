"""`blendfer train-expressions`: FER2013 and the votes of FER+ → the network that scores expressions from pixels."""

from __future__ import annotations

import shutil
from pathlib import Path

from blendfer_ros.core.files import make_folder
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.perception.expressions import ExpressionCard
from blendfer_ros.training.pixels.export import export_cnn
from blendfer_ros.training.pixels.fitting import fit_cnn
from blendfer_ros.training.pixels.pictures import load_pictures
from blendfer_ros.training.pixels.recipe import PixelRecipe
from blendfer_ros.training.train import checkpoints_of, provenance, require_tensorflow


def train_expressions(
    dataset: PictureDataset, votes: FerPlus, bundle: Path, output: Path, recipe: PixelRecipe, *, resume: bool = False
) -> ExpressionCard:
    """Train the CNN, choose the epoch on the validation pictures, write `output` and its card.

    During training, checkpoints are in a folder beside `output`; they are removed when it is written.

    Args:
        dataset: FER2013.
        votes: of FER+.
        bundle: the FaceLandmarker bundle, whose landmarks frame the faces.
        output: the `.tflite` file to write.
        recipe: how to train.
        resume: continue with the checkpoints of an interrupted training.

    Raises:
        DatasetError: the data set is damaged, or there are no votes on it.
        BlendferError: TensorFlow is not installed, or the checkpoints are of another recipe.
        ModelError: the predictions of the file differ from those of the network.
    """
    require_tensorflow()
    import tf_keras

    # Layer names end up in the file; counted from one each time, the same training gives the same file.
    tf_keras.backend.reset_uids()
    make_folder(output.parent)
    training = load_pictures(dataset, bundle, votes, Role.TRAIN)
    validation = load_pictures(dataset, bundle, votes, Role.VALIDATION)
    fitted = fit_cnn(training, validation, recipe, checkpoints_of(output), resume=resume)
    origin = {**provenance(dataset), 'n_pictures': len(training)}
    card = export_cnn(fitted, validation, recipe, output, origin, dataset.split_name(Role.VALIDATION))
    shutil.rmtree(checkpoints_of(output))
    return card
