/* SPDX-License-Identifier: MIT
 * Results as results.json and results.csv. */
#ifndef UHN_LAB_RESULTS_JSON_H
#define UHN_LAB_RESULTS_JSON_H

#include "lab/results.h"

/* Not defined is null. Numbers come back to the bit. UHN_ERROR_OUT_OF_MEMORY, UHN_ERROR_ARGUMENT (the file system) */
uhn_status uhn_results_write_json(const uhn_results *results, const char *path);

/* Long form, one row for each point: experiment,dataset,protocol,series,criterion,x,mean,sd. */
uhn_status uhn_results_write_csv(const uhn_results *results, const char *path);

/* Reads what the first one wrote. Free *results with uhn_results_free(). UHN_ERROR_ARGUMENT (the detail names the file
 * and what is wrong with it) */
uhn_status uhn_results_read_json(const char *path, uhn_results *results);

/* The text of a file; the caller's to uhn_release(). UHN_ERROR_ARGUMENT: it cannot be read, or is above 64 MiB. */
uhn_status uhn_read_text(const char *path, char **text);

#endif
