import { PiniaColada } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import App from './App.vue'
import { i18n, showLocale } from './i18n'
import { isPhonePath } from './paths'
import { routes } from './routes'
import { followScreen } from './ui/screen'
import './ui/base.css'

showLocale()
followScreen(isPhonePath(location.pathname))

createApp(App)
  .use(createPinia())
  .use(PiniaColada, {
    // The socket keeps what was loaded up to date; nothing is asked for again on its own.
    queryOptions: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnMount: false,
      refetchOnReconnect: false,
      refetchOnWindowFocus: false,
    },
  })
  .use(createRouter({ history: createWebHistory(), routes }))
  .use(i18n)
  .mount('#app')
