"""Chance levels, confidence intervals and tests for the experiments. It needs only numpy and scipy, so that curate can use it.

Photos of one scene or one owner resemble each other, and an interval that treats them as independent is too short. Functions that
resample therefore take `clusters` and draw whole clusters with replacement. They build on `bootstrap_sums`: means, ratios and
their differences come from the same draws, so that differences are paired.
"""

from tracer.stats.association import FEWEST_CLUSTERS as FEWEST_CLUSTERS
from tracer.stats.association import Association as Association
from tracer.stats.association import bounds_above_chance as bounds_above_chance
from tracer.stats.association import contingency as contingency
from tracer.stats.association import cramers_v as cramers_v
from tracer.stats.association import cramers_v_of_clusters as cramers_v_of_clusters
from tracer.stats.association import too_many_values as too_many_values
from tracer.stats.bootstrap import FEW_CLUSTERS as FEW_CLUSTERS
from tracer.stats.bootstrap import bootstrap_cells as bootstrap_cells
from tracer.stats.bootstrap import bootstrap_means as bootstrap_means
from tracer.stats.bootstrap import bootstrap_sums as bootstrap_sums
from tracer.stats.bootstrap import cluster_bootstrap as cluster_bootstrap
from tracer.stats.bootstrap import paired_bootstrap as paired_bootstrap
from tracer.stats.chance import majority_share as majority_share
from tracer.stats.chance import recall_chance as recall_chance
from tracer.stats.chance import reciprocal_rank_chance as reciprocal_rank_chance
from tracer.stats.chance import uniform_chance as uniform_chance
from tracer.stats.components import Crossed as Crossed
from tracer.stats.components import Nested as Nested
from tracer.stats.components import crossed_components as crossed_components
from tracer.stats.components import nested_components as nested_components
from tracer.stats.ends import difference_at_least as difference_at_least
from tracer.stats.ends import resampled_share as resampled_share
from tracer.stats.ends import share_at_least as share_at_least
from tracer.stats.ends import tested_at_least as tested_at_least
from tracer.stats.intervals import Difference as Difference
from tracer.stats.intervals import Interval as Interval
from tracer.stats.intervals import absolute as absolute
from tracer.stats.intervals import difference_interval as difference_interval
from tracer.stats.intervals import difference_of_independent as difference_of_independent
from tracer.stats.intervals import normal_quantile as normal_quantile
from tracer.stats.intervals import percentile_interval as percentile_interval
from tracer.stats.intervals import repeated_interval as repeated_interval
from tracer.stats.intervals import share_interval as share_interval
from tracer.stats.intervals import widened_draws as widened_draws
from tracer.stats.intervals import wilson as wilson
from tracer.stats.models import FEW_MODELS as FEW_MODELS
from tracer.stats.models import SAMPLED as SAMPLED
from tracer.stats.models import can_reach as can_reach
from tracer.stats.models import mean_of_classes as mean_of_classes
from tracer.stats.models import models_needed as models_needed
from tracer.stats.models import of_models as of_models
from tracer.stats.models import other_ways as other_ways
from tracer.stats.models import relabelling_test as relabelling_test
from tracer.stats.models import relabellings as relabellings
from tracer.stats.models import unseen_difference as unseen_difference
from tracer.stats.models import unseen_interval as unseen_interval
from tracer.stats.planning import MOST as MOST
from tracer.stats.planning import CameraDesign as CameraDesign
from tracer.stats.planning import Layout as Layout
from tracer.stats.planning import SceneDesign as SceneDesign
from tracer.stats.planning import layout_of as layout_of
from tracer.stats.planning import least as least
from tracer.stats.planning import scaled as scaled
from tracer.stats.shuffles import Shuffle as Shuffle
from tracer.stats.shuffles import Unit as Unit
from tracer.stats.shuffles import share_above as share_above
from tracer.stats.shuffles import shuffle_of as shuffle_of
from tracer.stats.significance import LEVEL as LEVEL
from tracer.stats.significance import Calibrated as Calibrated
from tracer.stats.significance import calibrated as calibrated
from tracer.stats.significance import cluster_error as cluster_error
from tracer.stats.significance import crossed_error as crossed_error
from tracer.stats.significance import holm as holm
from tracer.stats.significance import mcnemar_exact as mcnemar_exact
from tracer.stats.significance import permutation_test as permutation_test
from tracer.stats.significance import student_p as student_p
from tracer.stats.significance import student_quantile as student_quantile
