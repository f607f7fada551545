// Before all else: the style sheets of pages refine these, so these must come first.
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';

import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router-dom';

import { App } from './app';
import { createQueryClient } from './api/query_client';
import { ToastProvider } from './components/toasts';
import { I18nProvider } from './i18n';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <I18nProvider>
          <ToastProvider>
            {/* Controlled inputs live in the address: as a transition, a click would first be taken back. */}
            <BrowserRouter future={{ v7_startTransition: false, v7_relativeSplatPath: true }}>
              <App />
            </BrowserRouter>
          </ToastProvider>
        </I18nProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
