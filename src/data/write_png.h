/* SPDX-License-Identifier: MIT
 * A picture of bytes in memory, and how it becomes a PNG file. */
#ifndef UHN_DATA_WRITE_PNG_H
#define UHN_DATA_WRITE_PNG_H

#include "uhn/uhn.h"

typedef struct uhn_canvas {
    size_t width, height, channels; /* channels: 1 (gray) or 3 (red, green, blue, interleaved) */
    uint8_t *bytes;                 /* height × width × channels; owned by whoever made it */
} uhn_canvas;

/* How large a picture may be: what common viewers still open. */
enum { UHN_CANVAS_SIDE_MAX = 65535, UHN_CANVAS_PIXELS_MAX = 1 << 28 };

/* UHN_ERROR_ARGUMENT (the system refuses), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_write_png(const char *path, const uhn_canvas *canvas);

#endif
