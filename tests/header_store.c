/* SPDX-License-Identifier: MIT
 * The headers of the store and of libraries that build on libuhn, alone. */
#include <uhn/store.h>

#include <uhn/extend.h>

int main(void)
{
    uhn_store *store = NULL;
    const uhn_status status = uhn_store_open("", &store);
    uhn_store_close(store);
    return status == UHN_OK ? uhn_fail(UHN_OK, "%s", "") : 0;
}
