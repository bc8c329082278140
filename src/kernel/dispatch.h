/* SPDX-License-Identifier: MIT */
#ifndef UHN_KERNEL_DISPATCH_H
#define UHN_KERNEL_DISPATCH_H

#include "kernel/kernel.h"

/* UHN_ERROR_NAME: the environment variable UHN_ISA names a variant that is not there. (What runs then is the fastest.)
 */
uhn_status uhn_kernels_check(void);

#endif
