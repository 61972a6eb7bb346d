"""The parts of `fusion-stack`: what is known of a pair from a history of ratings, and the learner that blends it."""
