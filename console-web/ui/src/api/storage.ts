/** A drawer of the browser (IndexedDB) that outlives the page. Where the browser gives none, nothing is kept. */
const DATABASE = 'gridwatch-phone'
const STORE = 'kept'

let opened: Promise<IDBDatabase> | null = null

function database(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the drawer does not open'))
  })
  return opened
}

/** What is kept under a name, or undefined. */
export async function readKept<Value>(name: string): Promise<Value | undefined> {
  try {
    const request = (await database()).transaction(STORE).objectStore(STORE).get(name)
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result as Value | undefined)
      request.onerror = () => reject(request.error ?? new Error('the drawer cannot be read'))
    })
  } catch {
    return undefined
  }
}

/** Keeps something under a name; whether that worked. */
export async function keep(name: string, value: unknown): Promise<boolean> {
  try {
    const transaction = (await database()).transaction(STORE, 'readwrite')
    transaction.objectStore(STORE).put(value, name)
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('the drawer is full'))
      transaction.onerror = () => reject(transaction.error ?? new Error('the drawer cannot be written'))
    })
    return true
  } catch {
    return false
  }
}
