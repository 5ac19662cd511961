import type { RouteRecordRaw } from 'vue-router'
import { paths } from './paths'

/** Areas are loaded when they are first opened. */
export const routes: RouteRecordRaw[] = [
  { path: paths.wall, component: () => import('./areas/wall/WallPage.vue') },
  { path: paths.desk, component: () => import('./areas/desk/DeskPage.vue') },
  { path: `${paths.phone}/:id(\\d+)?`, component: () => import('./areas/phone/PhonePage.vue') },
  { path: '/:rest(.*)*', redirect: paths.wall },
]
