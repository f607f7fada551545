// Every page with something on it, by name and address.
export const PAGES = [
  ['overview', '/'],
  ['incidents', '/incidents'],
  ['incident', '/incidents/inc-4'],
  ['checks', '/checks'],
  ['checks-muted', '/checks?muted=only&namespace=shop'],
  ['change', '/check'],
  ['change-edit', '/check?id=' + encodeURIComponent('k8s_deployment/prod/shop/web-0')],
  ['drift', '/drift'],
  ['resources', '/resources?kind=host_process'],
  ['pods', '/resources?kind=k8s_pod&cluster=prod&namespace=shop'],
  ['resource', '/resource?id=' + encodeURIComponent('host_filesystem/web1:/var')],
  ['graph', '/graph?id=' + encodeURIComponent('host_service/web1:orders.service')],
  ['object', '/resource?id=' + encodeURIComponent('k8s_deployment/prod/shop/web-0')],
  ['diagnose', '/resource?tab=diagnose&id=' + encodeURIComponent('k8s_deployment/prod/shop/web-0')],
  ['yaml', '/resource?tab=yaml&id=' + encodeURIComponent('k8s_deployment/prod/shop/web-0')],
  ['changes', '/resource?tab=changes&id=' + encodeURIComponent('k8s_deployment/prod/shop/web-0')],
  ['fleet', '/graph'],
  ['services', '/services'],
  ['services-calls', '/services?view=calls'],
  ['scaling', '/scaling'],
  ['scaling-pending', '/scaling?tab=pending'],
  ['scaling-nodes', '/scaling?tab=nodes'],
  ['whatif', '/scaling?tab=whatif'],
  [
    'metrics',
    '/explore?q=' + encodeURIComponent('sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))'),
  ],
  ['logs', '/logs'],
  ['facts', '/facts'],
  ['policies', '/policies'],
  ['approvals', '/policies?tab=approvals'],
  ['try', '/policies?tab=try'],
  ['plans', '/plans'],
  ['savings', '/savings'],
  ['calendar', '/calendar'],
  ['accounts', '/accounts'],
  ['sql', '/sql?q=' + encodeURIComponent('SELECT id, pid, user, rss_bytes FROM host_process LIMIT 50')],
  ['settings', '/settings'],
];

/** Goes to one of them and lets it show what it has: the query of an address is only run when somebody says so. */
export async function visit(page, address, [name, path]) {
  await page.goto(address + path);
  if (name === 'sql') await page.getByRole('button', { name: 'Run', exact: true }).click();
}
