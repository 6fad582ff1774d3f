/*
 * A sum in each page of a database file, so that a byte that flipped on the
 * disk is no wrong answer but an error.
 *
 * The file system that SQLite is given is its own one with another xOpen. A
 * main database file gets methods that stand before the real ones:
 *
 *   write    the last SUM_BYTES of a page, which SQLite keeps free (its
 *            "reserved bytes"), become the hash of the others and of where
 *            the page stands
 *   read     what has another sum, or is cut off, is SQLITE_CORRUPT
 *   fetch    a page in mapped memory is looked at once by each connection
 *
 * Logs are left alone: SQLite sums them by itself. What they hold gets its sum
 * on its way into the database.
 */
#include <stdlib.h>
#include <string.h>

#include "store/base/alloc.h"
#include "store/base/hash.h"
#include "store/db_private.h"

#define VFS_NAME    "reeve"
#define PAGE_BYTES  4096
#define SUM_BYTES   8
#define SMALLEST    512 /* that SQLite would take for a page */
#define MAPPED_SEEN ((32u << 20) / PAGE_BYTES)

/* Behind it in memory stands the real file. */
struct summed {
	sqlite3_file base;
	unsigned char seen[MAPPED_SEEN / 8]; /* a bit for each mapped page */
};

static sqlite3_file *real(sqlite3_file *file)
{
	return (sqlite3_file *)((struct summed *)file + 1);
}

static bool is_page(int amount, sqlite3_int64 offset)
{
	return amount == PAGE_BYTES && offset % PAGE_BYTES == 0;
}

static uint64_t sum_of(const void *page, sqlite3_int64 offset)
{
	return hash_page(page, PAGE_BYTES - SUM_BYTES, (uint64_t)offset);
}

static bool is_sound(const void *page, sqlite3_int64 offset)
{
	uint64_t sum;

	memcpy(&sum, (const char *)page + PAGE_BYTES - SUM_BYTES, sizeof(sum));
	return sum == sum_of(page, offset);
}

static int sums_read(sqlite3_file *file, void *bytes, int amount,
                     sqlite3_int64 offset)
{
	int code =
	        real(file)->pMethods->xRead(real(file), bytes, amount, offset);
	sqlite3_int64 size = 0;

	if (amount < SMALLEST) /* of the header, which is read again */
		return code;
	if (code == SQLITE_IOERR_SHORT_READ) {
		int known = real(file)->pMethods->xFileSize(real(file), &size);
		return known == SQLITE_OK && size == 0 ? code : SQLITE_CORRUPT;
	}
	if (code != SQLITE_OK)
		return code;
	return is_page(amount, offset) && is_sound(bytes, offset)
	               ? SQLITE_OK
	               : SQLITE_CORRUPT;
}

static int sums_write(sqlite3_file *file, const void *bytes, int amount,
                      sqlite3_int64 offset)
{
	unsigned char page[PAGE_BYTES];
	uint64_t sum;

	if (!is_page(amount, offset))
		return real(file)->pMethods->xWrite(real(file), bytes, amount,
		                                    offset);
	memcpy(page, bytes, PAGE_BYTES - SUM_BYTES);
	sum = sum_of(page, offset);
	memcpy(page + PAGE_BYTES - SUM_BYTES, &sum, sizeof(sum));
	return real(file)->pMethods->xWrite(real(file), page, amount, offset);
}

static bool was_seen(struct summed *file, sqlite3_int64 offset)
{
	size_t page = (size_t)(offset / PAGE_BYTES);

	if (page >= MAPPED_SEEN)
		return false;
	bool seen = file->seen[page / 8] >> page % 8 & 1;
	file->seen[page / 8] |= (unsigned char)(1u << page % 8);
	return seen;
}

static int sums_fetch(sqlite3_file *file, sqlite3_int64 offset, int amount,
                      void **ret)
{
	int code =
	        real(file)->pMethods->xFetch(real(file), offset, amount, ret);

	if (code != SQLITE_OK || !*ret)
		return code;
	if (is_page(amount, offset) &&
	    (was_seen((struct summed *)file, offset) || is_sound(*ret, offset)))
		return SQLITE_OK;
	(void)real(file)->pMethods->xUnfetch(real(file), offset, *ret);
	*ret = NULL;
	return SQLITE_CORRUPT;
}

/* ---- What is only handed on ---------------------------------------------- */

static int sums_close(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int sums_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return real(file)->pMethods->xTruncate(real(file), size);
}

static int sums_sync(sqlite3_file *file, int flags)
{
	return real(file)->pMethods->xSync(real(file), flags);
}

static int sums_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return real(file)->pMethods->xFileSize(real(file), ret);
}

static int sums_lock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int sums_unlock(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int sums_is_reserved(sqlite3_file *file, int *ret)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), ret);
}

static int sums_control(sqlite3_file *file, int what, void *with)
{
	return real(file)->pMethods->xFileControl(real(file), what, with);
}

static int sums_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int sums_device(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int sums_shm_map(sqlite3_file *file, int page, int size, int extend,
                        void volatile **ret)
{
	return real(file)->pMethods->xShmMap(real(file), page, size, extend,
	                                     ret);
}

static int sums_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

static void sums_shm_barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int sums_shm_unmap(sqlite3_file *file, int remove)
{
	return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static int sums_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page)
{
	return real(file)->pMethods->xUnfetch(real(file), offset, page);
}

static const sqlite3_io_methods methods = {
	.iVersion = 3,
	.xClose = sums_close,
	.xRead = sums_read,
	.xWrite = sums_write,
	.xTruncate = sums_truncate,
	.xSync = sums_sync,
	.xFileSize = sums_size,
	.xLock = sums_lock,
	.xUnlock = sums_unlock,
	.xCheckReservedLock = sums_is_reserved,
	.xFileControl = sums_control,
	.xSectorSize = sums_sector,
	.xDeviceCharacteristics = sums_device,
	.xShmMap = sums_shm_map,
	.xShmLock = sums_shm_lock,
	.xShmBarrier = sums_shm_barrier,
	.xShmUnmap = sums_shm_unmap,
	.xFetch = sums_fetch,
	.xUnfetch = sums_unfetch,
};

/* ---- Opening ------------------------------------------------------------- */

static int sums_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                     int flags, int *ret_flags)
{
	sqlite3_vfs *under = sqlite3_vfs_find(NULL);

	(void)vfs;
	if (!(flags & SQLITE_OPEN_MAIN_DB))
		return under->xOpen(under, name, file, flags, ret_flags);
	memset(file, 0, sizeof(struct summed));
	int code = under->xOpen(under, name, real(file), flags, ret_flags);
	if (code == SQLITE_OK)
		file->pMethods = &methods;
	return code;
}

const char *db_sums_vfs(void)
{
	sqlite3_vfs *under;

	if (sqlite3_vfs_find(VFS_NAME))
		return VFS_NAME;
	/* SQLite keeps it until the process ends. */
	under = sqlite3_vfs_find(NULL);
	sqlite3_vfs *vfs = mem_zalloc(1, sizeof(*vfs));
	*vfs = *under;
	vfs->pNext = NULL;
	vfs->zName = VFS_NAME;
	vfs->szOsFile += (int)sizeof(struct summed);
	vfs->xOpen = sums_open;
	if (sqlite3_vfs_register(vfs, 0) != SQLITE_OK) {
		free(vfs);
		return NULL; /* the common one */
	}
	return VFS_NAME;
}

void db_sums_begin(sqlite3 *handle)
{
	int bytes = SUM_BYTES;

	(void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES,
	                           &bytes);
}
