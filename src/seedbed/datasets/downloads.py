"""The public data sets that can be downloaded: what they are, their files, their checksums, where they lie now.

The table behind `seedbed data list`. Nothing here touches the network: `fetch` does.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from seedbed.errors import DataError, nearest

VARIABLE = "SEEDBED_DATA"


@dataclass(frozen=True)
class File:
    """One file of a download: name when compressed, its bytes, and the SHA-256 compressed and plain."""

    name: str
    size: int
    sha256: str
    plain_sha256: str

    @property
    def plain_name(self) -> str:
        """The name without `.gz`."""
        return self.name.removesuffix(".gz")


@dataclass(frozen=True)
class Download:
    """A public data set: training images, training labels, test images, test labels, and where to get them."""

    name: str
    title: str
    licence: str
    source: str
    mirrors: tuple[str, ...]
    files: tuple[File, File, File, File]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)


MNIST = Download(
    name="mnist",
    title="MNIST: 60,000 + 10,000 handwritten digits, 28 x 28, ten classes",
    licence="CC BY-SA 3.0",
    source="Yann LeCun, Corinna Cortes, Christopher Burges; derived from NIST",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    files=(
        File("train-images-idx3-ubyte.gz", 9_912_422,
             "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
             "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        File("train-labels-idx1-ubyte.gz", 28_881,
             "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
             "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        File("t10k-images-idx3-ubyte.gz", 1_648_877,
             "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
             "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        File("t10k-labels-idx1-ubyte.gz", 4_542,
             "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
             "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ),
)  # fmt: skip

FASHION_MNIST = Download(
    name="fashion_mnist",
    title="Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 28 x 28, ten classes",
    licence="MIT",
    source="Zalando SE; Xiao, Rasul, Vollgraf 2017",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    files=(
        File("train-images-idx3-ubyte.gz", 26_421_880,
             "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
             "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        File("train-labels-idx1-ubyte.gz", 29_515,
             "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
             "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        File("t10k-images-idx3-ubyte.gz", 4_422_102,
             "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
             "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        File("t10k-labels-idx1-ubyte.gz", 5_148,
             "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
             "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ),
)  # fmt: skip

DATASETS = {download.name: download for download in (MNIST, FASHION_MNIST)}


def find(name: str) -> Download:
    """The download of a name. Raises DataError for an unknown one."""
    if name not in DATASETS:
        raise DataError(f'no data set "{name}" to download{nearest(name, DATASETS)} (seedbed data list)')
    return DATASETS[name]


def available(name: str) -> Path | None:
    """The folder that has all files of a data set, compressed or plain, not yet checked; None where there is none."""
    return whereabouts(find(name))


def whereabouts(download: Download) -> Path | None:
    """As `available`, for any download."""
    return next((folder for folder in folders(download) if _complete(folder, download)), None)


def folders(download: Download) -> list[Path]:
    """Where a data set is looked for: below SEEDBED_DATA by its name, there itself, then in the user's cache."""
    own = os.environ.get(VARIABLE)
    if own and not Path(own).is_dir():
        raise DataError(f'{VARIABLE} names a folder with data sets, got "{own}", which is not one; check the path')
    named = [Path(own, download.name), Path(own, download.name.replace("_", "-")), Path(own)] if own else []
    return [*named, cache(download)]


def cache(download: Download) -> Path:
    """The user's own folder for downloads of this set."""
    return Path(platformdirs.user_cache_dir("seedbed")) / download.name


def _complete(folder: Path, download: Download) -> bool:
    return all((folder / file.name).is_file() or (folder / file.plain_name).is_file() for file in download.files)
