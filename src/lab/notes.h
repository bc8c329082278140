/* SPDX-License-Identifier: MIT
 * What a report says about an experiment whatever its numbers are: the question, and what is wrong with the paper's way
 * of asking it. */
#ifndef UHN_LAB_NOTES_H
#define UHN_LAB_NOTES_H

#include "lab/results.h"

/* The question that the experiment answers, in a sentence or two. */
const char *uhn_question(const uhn_results *results);

/* Known flaws of the paper's code that touch this experiment; NULL past the end. Under the protocol `uhn`: what is done
 * instead. */
const char *uhn_note_at(const uhn_results *results, size_t index);

/* A criterion in words. */
const char *uhn_criterion_meaning(uhn_criterion criterion);

#endif
